/** Shared by `doctor --fix`, `rotate` and a deploy. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { claimFolder } from "../../terraform/claim";
import { applyArguments } from "../../terraform/replace";

test("repairs and rotations are refused while another run is at work in the checkout", async () => {
  const project = mkdtempSync(join(tmpdir(), "gatehouse-claim-"));
  const before = process.cwd();
  process.chdir(project);
  try {
    await claimFolder("cdktf.out", "deploy");
    const code = `require("${resolve(before, "terraform/replace.ts")}").replace([], { what: "doctor --fix", approved: true })
      .catch((error) => { console.error(error.message); process.exitCode = 1; })`;
    const child = spawn(process.execPath, [
      "--require",
      join(before, "node_modules/tsx/dist/cjs/index.cjs"),
      "-e",
      code,
    ]);
    let text = "";
    child.stderr.on("data", (part) => (text += part));
    const exitCode = await new Promise((done) => child.on("close", done));
    expect([exitCode, text]).toEqual([
      1,
      expect.stringMatching(/^deploy \(process \d+, since .*\) is at work in cdktf\.out/),
    ]);
  } finally {
    process.chdir(before);
    rmSync(project, { recursive: true });
  }
});

test("exactly the named resources are replaced, each once; an entry's drift needs no replacing", () => {
  const fixes = [
    { stack: "mesh" as const, replace: "null_resource.b" },
    { stack: "mesh" as const },
    { stack: "mesh" as const, replace: "null_resource.a" },
    { stack: "mesh" as const, replace: "null_resource.b" },
  ];
  expect(applyArguments(fixes, true)).toEqual([
    "-input=false",
    "-auto-approve",
    "-replace=null_resource.a",
    "-replace=null_resource.b",
  ]);
  expect(applyArguments([{ stack: "mesh" }], false)).toEqual([]);
});
