import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stacksIn } from "../../terraform/manifest";

test("a stack comes after those that it depends on", () => {
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  const stacks = { mesh: { dependencies: ["cluster"] }, alone: { dependencies: [] }, cluster: { dependencies: [] } };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ stacks }));
  expect(stacksIn(folder)).toEqual(["cluster", "mesh", "alone"]);
});
