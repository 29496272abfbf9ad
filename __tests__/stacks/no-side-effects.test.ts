/** A synth reads: it starts no program and leaves the state as it is, also after a deploy that was killed. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { App } from "cdktf";

const started: string[] = [];
jest.mock("node:child_process", () => {
  const real = jest.requireActual<typeof import("node:child_process")>("node:child_process");
  const names = ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"] as const;
  const noted = names.map((name) => [
    name,
    (...args: unknown[]) => {
      started.push(`${name} ${JSON.stringify(args[0])}`);
      return (real[name] as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { ...real, ...Object.fromEntries(noted) };
});

import { addStacks } from "../../stacks";
import { programs } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

test("constructing the stacks starts no program and touches no state", () => {
  const name = `untouched-${process.pid}`;
  const state = `terraform.${name}.mesh.tfstate`;
  const note = `.${state}.lock.info`;
  const text = JSON.stringify({ version: 4, serial: 1, lineage: "x", resources: [] });
  try {
    writeFileSync(state, text);
    writeFileSync(note, JSON.stringify({ Operation: "OperationTypeApply" }));
    const app = new App({ outdir: `/tmp/gatehouse-${name}` });
    addStacks(app, { ...meshOf(declaration()), name }, programs, { kind: "local" });
    app.synth();
    expect(started).toEqual([]);
    expect([readFileSync(state, "utf8"), readFileSync(note, "utf8")]).toEqual([text, expect.stringContaining("Apply")]);
  } finally {
    for (const file of [state, note]) rmSync(file, { force: true });
    rmSync(`/tmp/gatehouse-${name}`, { recursive: true, force: true });
  }
});
