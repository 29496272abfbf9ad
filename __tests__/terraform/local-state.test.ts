import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasLocalState } from "../../terraform/local-state";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-state-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const has = (text?: string, env: NodeJS.ProcessEnv = {}) => {
  if (text !== undefined) writeFileSync(join(folder, "terraform.shop.mesh.tfstate"), text);
  return hasLocalState("shop", "mesh", env, folder);
};

test("none, an empty one, as Terraform begins with, and one without resources", () => {
  expect(has()).toBe(false);
  expect(has("")).toBe(false);
  expect(has('{"version": 4}')).toBe(false);
  expect(has('{"resources": []}')).toBe(false);
});

test("one with resources, and one that cannot be read", () => {
  expect(has('{"resources": [{}]}')).toBe(true);
  expect(has("{")).toBe(true);
});

test("an empty one that a killed deploy left is not known: the next run repairs it", () => {
  const note = join(folder, ".terraform.shop.mesh.tfstate.lock.info");
  writeFileSync(note, '{"Operation":"OperationTypeApply"}');
  expect(has("")).toBeUndefined();
  expect(has('{"resources": [{}]}')).toBe(true);
});

test("a state that is elsewhere is not known", () => {
  expect(has(undefined, { GATEHOUSE_BACKEND: "pg" })).toBeUndefined();
  expect(has(undefined, { GATEHOUSE_BACKEND: "local" })).toBe(false);
});
