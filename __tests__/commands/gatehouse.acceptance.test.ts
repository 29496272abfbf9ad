/** The program itself, started as a person starts it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERBS } from "../../commands/verbs";
import { output } from "../../toolchain";

jest.setTimeout(120_000); // programs of their own, on a machine that has other things to do

test("the program ends with 2 when it does not understand, and prints help", async () => {
  const run = (...args: string[]) => output(process.execPath, ["bin/gatehouse.js", ...args]);
  const [refused, help] = await Promise.all([run("docter"), run("--help")]);
  expect([refused.exitCode, refused.stdout]).toEqual([2, ""]);
  expect(refused.stderr).toContain("Did you mean doctor?");
  expect(help.exitCode).toBe(0);
  for (const name of Object.keys(VERBS)) expect(help.stdout).toContain(`gatehouse ${name}`);
});

test.each([["state"], ["state", "mvoe"], ["exec"], ["lab", "pu"]])(
  "`gatehouse %s %s` is not understood either",
  async (...args) => {
    const { exitCode, stdout } = await output(process.execPath, ["bin/gatehouse.js", ...args.filter(Boolean)]);
    expect([exitCode, stdout]).toEqual([2, ""]);
  },
);

test("a verb loads a mesh that is TypeScript", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-mesh-"));
  const mesh = join(folder, "mesh.ts");
  writeFileSync(mesh, 'const name: string = "shop";\nexport default { name };\n');
  const env = { ...process.env, GATEHOUSE_MESH: mesh };
  const { exitCode, stderr } = await output(process.execPath, ["bin/gatehouse.js", "preflight"], {}, { env });
  rmSync(folder, { recursive: true });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("`consul` is missing")]);
});
