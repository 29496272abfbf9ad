import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changedBackend } from "../../terraform/changed-backend";
import { Stack } from "../../terraform/stack";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-backend-"));
  mkdirSync(join(folder, ".terraform"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function told(before: string | undefined, now: object, stderr: string): string | undefined {
  if (before)
    writeFileSync(join(folder, ".terraform", "terraform.tfstate"), JSON.stringify({ backend: { type: before } }));
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform: now }));
  const choice = { from: "registry", id: "registry", env: {} } as const;
  const stack = new Stack("mesh", folder, { env: {}, choice, print: "stdout" });
  return changedBackend(stack, { exitCode: 1, stdout: "", stderr });
}

const MIGRATING =
  "Migrating state from Terraform Cloud or Terraform Enterprise to another backend is not yet implemented.";

test.each([
  ["cloud", { backend: { local: {} } }, MIGRATING, "npx gatehouse state move cloud local"],
  ["local", { cloud: {} }, "remove the -input=false option", "npx gatehouse state move local cloud"],
  ["local", { backend: { pg: {} } }, "Backend configuration changed", "npx gatehouse state move local pg"],
  ["pg", { backend: { pg: {} } }, "Backend configuration changed", "npx gatehouse state move pg local"],
])("a state that was in %s: the command that moves it is named", (before, now, stderr, command) => {
  const remedy = told(before, now, stderr);
  expect(remedy).toContain(command);
  expect(remedy).toContain(`rm -r ${join(folder, ".terraform")}`);
});

test("another failure is left to Terraform's own words", () => {
  expect(
    told("local", { backend: { local: {} } }, "Error: Failed to query available provider packages"),
  ).toBeUndefined();
  expect(told("local", { cloud: {} }, "Error: Required token could not be found")).toBeUndefined();
});
