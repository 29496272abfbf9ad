import { complete } from "../../mesh-secrets";
import { declaration, meshOf } from "../support/shop";

test("a person is asked for the values of variables, of one line, and for the contents of files", async () => {
  const changed = declaration();
  Object.assign(changed.consul, { existing: true });
  Object.assign(changed.services!.frontend!.run, {
    secrets: { API_KEY: { version: "1" }, DB: { version: "1" } },
    configFiles: { "app.yaml": { secret: "app-yaml" }, "tls.key": { secret: "key" } },
  });
  const frontend = { API_KEY: "one\ntwo", "app-yaml": "one\ntwo\n" };
  const { wanted } = await complete(meshOf(changed), { version: 1, servers: {}, services: { frontend } });
  expect(wanted).toEqual([
    "services.frontend.DB: write its value there",
    "services.frontend.key: write its value there",
    expect.stringMatching(/^services\.frontend\.API_KEY: an environment variable is one line/),
  ]);
});
