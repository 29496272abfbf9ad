import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notesIn, stacksIn } from "../../terraform/manifest";

test("a stack comes after those that it depends on", () => {
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  const stacks = { mesh: { dependencies: ["cluster"] }, alone: { dependencies: [] }, cluster: { dependencies: [] } };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks }));
  expect(stacksIn(folder)).toEqual(["cluster", "mesh", "alone"]);
});

test("notes and warnings of every stack are read", () => {
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  const note = { level: "@cdktf/info", message: "a deploy needs a key" };
  const warning = { level: "@cdktf/warn", message: "everything is allowed" };
  const stacks = { cluster: { annotations: [note] }, mesh: { annotations: [warning] } };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks }));
  expect(notesIn(folder)).toEqual(["note: a deploy needs a key", "warning: everything is allowed"]);
});
