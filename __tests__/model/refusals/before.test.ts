import { frontend, refuses } from "../../support/refusals";
import { type Draft, edited, meshOf } from "../../support/shop";

const run = (value: object) => (d: Draft) => Object.assign(frontend(d).run, value);
const commands = (...all: unknown[]) => run({ before: all });
const files =
  (...command: string[]) =>
  (d: Draft) =>
    (frontend(d).run = { files: "folder/dist", command: ["/usr/bin/node"], before: [command] });
const at = "services.frontend.run.before[0]";
const file = 'services.frontend.run.configFiles["app.yaml"]';
const config = (value: object) => run({ configFiles: { "app.yaml": value } });

describe("commands before a release, and secret configuration files", () => {
  // biome-ignore format: a table reads by rows
  refuses([
    ["a command that is no list", commands("bin/migrate"), at, '"bin/migrate"', /a list is needed/, /\[\["bin\/migrate"/],
    ["an empty command", commands([]), at, "[]", /no command/, /bin\/migrate/],
    ["a program that the release has not", commands(["bin/migrate"]), `${at}[0]`, '"bin/migrate"', /a release has `frontend` alone/, /`frontend`, or the full path/],
    ["a relative program of the node", (d) => (frontend(d).run = { command: ["/usr/bin/web"], before: [["migrate"]] }), `${at}[0]`, '"migrate"', /by its full path/, /\/usr\/bin\/migrate/],
    ["a program that is not in the folder", files("missing"), `${at}[0]`, '"missing"', /no such program in the folder/, /\/usr\/bin\/node/],
    ["a program above the folder", files("../migrate"), `${at}[0]`, '"../migrate"', /leads out/, /bin\/server/],
    ["a person's program", commands(["/home/anna/migrate"]), `${at}[0]`, /anna/, /cannot see/, /\/srv/],
    ["a line break in an argument", commands(["/usr/bin/migrate", "a\nb"]), `${at}[1]`, '"a\\nb"', /line break/, /remove it/],
    ["a secret and a text", config({ secret: "app", text: "a" }), file, /secret/, /`text` and `secret` are given/, /secret/],
    ["a secret without a name", config({ secret: "" }), `${file}.secret`, '""', /not a name/, /`app-yaml`/],
    ["a secret with a path for a name", config({ secret: "a/b" }), `${file}.secret`, '"a/b"', /not a name/, /`app-yaml`/],
    ["a version of a text", config({ text: "a", version: "1" }), `${file}.version`, '"1"', /only a secret has a version/, /remove it/],
    ["a secret with an empty version", config({ secret: "app", version: "" }), `${file}.version`, '""', /the version is empty/, /use 1 to 64/],
  ]);

  test("are accepted", () => {
    const mesh = meshOf(
      edited((d) => {
        commands(["frontend", "migrate"], ["/usr/bin/true"])(d);
        config({ secret: "app-yaml" })(d);
        frontend(d).run.reload = "SIGHUP";
      }),
    );
    const { before: declared, secretFiles, configFiles } = mesh.services.find(({ name }) => name === "frontend")!;
    expect(declared).toEqual([["frontend", "migrate"], ["/usr/bin/true"]]);
    expect(secretFiles).toEqual([{ name: "app.yaml", secret: "app-yaml", version: "1" }]);
    expect(configFiles).toBeUndefined();
  });
});
