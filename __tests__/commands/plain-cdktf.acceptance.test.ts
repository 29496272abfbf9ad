/** cdktf's own commands in a shell that took over the environment, with a program in Terraform's place that writes its calls down. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

jest.setTimeout(300_000);

let folder: string;
const log = () => join(folder, "log");

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-plain-"));
  const mesh = `import shop from ${JSON.stringify(resolve("meshes/shop"))};
const mesh = structuredClone(shop);
mesh.name = "plain";
for (const service of Object.values(mesh.services ?? {})) service.run.binary = "/bin/true";
export default mesh;
`;
  writeFileSync(join(folder, "mesh.ts"), mesh);
  const terraform = `#!/bin/sh
echo "$(basename "$PWD") $1 | \${TF_CLI_ARGS_plan-} | \${TF_CLI_ARGS_apply-}" >>${log()}
case $1 in
  version) echo '{"terraform_version":"1.11.4","provider_outdated":false}' ;;
  output) echo '{}' ;;
esac
`;
  writeFileSync(join(folder, "terraform"), terraform, { mode: 0o755 });
});

afterAll(() => rmSync(folder, { recursive: true }));

/** In a fresh shell. */
function inShell(command: string) {
  rmSync(log(), { force: true });
  const { status, stdout, stderr } = spawnSync("bash", ["-c", `set -e; eval "$(npx gatehouse env)"; ${command}`], {
    encoding: "utf8",
    env: {
      ...process.env,
      GATEHOUSE_MESH: join(folder, "mesh.ts"),
      TERRAFORM_BINARY_NAME: join(folder, "terraform"),
      CI: "1",
    },
  });
  expect([status, status === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
  return readFileSync(log(), "utf8").trim().split("\n");
}

test("npx cdktf synth", () => {
  inShell("npx cdktf synth");
  const { stacks } = JSON.parse(readFileSync("cdktf.out/manifest.json", "utf8"));
  expect(Object.keys(stacks).sort()).toEqual(["cluster", "mesh"]);
});

test("npx cdktf diff mesh waits for the lock of the state", () => {
  expect(inShell("npx cdktf diff mesh").at(-1)).toBe("mesh plan |  -lock-timeout=2m |"); // trimmed
});

test("npx cdktf deploy '*' applies both stacks with the settings of a deploy", () => {
  const calls = inShell("npx cdktf deploy '*' --auto-approve");
  expect(calls.filter((call) => / apply /.test(call))).toEqual([
    "cluster apply |  |  -lock-timeout=2m -parallelism=32",
    "mesh apply |  |  -lock-timeout=2m -parallelism=32",
  ]);
});
