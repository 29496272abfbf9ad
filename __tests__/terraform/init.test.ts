import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialize } from "../../terraform/init";

let folder: string;
let terraform: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-init-"));
  terraform = join(folder, "terraform");
  // As Terraform does: providers, and what it locked.
  writeFileSync(
    terraform,
    '#!/bin/sh\ncd "${1#-chdir=}" && echo "$*" >>calls && mkdir -p .terraform/providers && echo locked >.terraform.lock.hcl\n',
  );
  chmodSync(terraform, 0o755);
  write({ local: { path: "../../../terraform.shop.mesh.tfstate" } });
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(backend: object, providers = { null: { version: "3.2.4" } }): void {
  const text = JSON.stringify({
    terraform: { backend, required_providers: providers },
    resource: { x: Math.random() },
  });
  writeFileSync(join(folder, "cdk.tf.json"), text);
}

const calls = (): number => readFileSync(join(folder, "calls"), "utf8").trim().split("\n").length;
const init = (providers = "registry", env: NodeJS.ProcessEnv = process.env) =>
  initialize(folder, terraform, providers, env);

test("a stack whose resources alone changed is not initialized again", async () => {
  expect(await init()).toMatchObject({ exitCode: 0 });
  write({ local: { path: "../../../terraform.shop.mesh.tfstate" } });
  expect(await init()).toBeUndefined();
  expect(calls()).toBe(1);
});

test.each<[string, () => unknown]>([
  ["another version of a provider", () => write({ local: { path: "x" } }, { null: { version: "3.2.5" } })],
  ["another place of the state", () => write({ local: { path: "elsewhere" } })],
  ["another lock file", () => writeFileSync(join(folder, ".terraform.lock.hcl"), "other\n")],
  [
    "a folder that cdktf has initialized for another mesh since",
    () => writeFileSync(join(folder, ".terraform", "terraform.tfstate"), '{"backend":{"config":{"path":"other"}}}'),
  ],
  ["providers that were removed", () => rmSync(join(folder, ".terraform", "providers"), { recursive: true })],
])("%s is initialized", async (_, change) => {
  await init();
  change();
  expect(await init()).toMatchObject({ exitCode: 0 });
  expect(calls()).toBe(2);
});

test("other providers, or another setting of Terraform, are initialized", async () => {
  await init();
  await init("stand-ins 1");
  await init("stand-ins 1", { ...process.env, TF_CLI_CONFIG_FILE: "/other" });
  expect(calls()).toBe(3);
});

test("a state elsewhere is asked for each time", async () => {
  mkdirSync(join(folder, ".terraform"), { recursive: true });
  write({ s3: { bucket: "states" } });
  await init();
  await init();
  expect(calls()).toBe(2);
});

test("an init that failed is tried again", async () => {
  writeFileSync(terraform, "#!/bin/sh\necho no >&2\nexit 1\n");
  expect(await init()).toMatchObject({ exitCode: 1, stderr: "no" });
  expect(existsSync(join(folder, ".terraform", "gatehouse-init"))).toBe(false);
  expect(await init()).toMatchObject({ exitCode: 1 });
});
