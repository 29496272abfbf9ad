import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import artifact from "../../meshes/examples/artifact";
import { loadMesh, nodeFiles } from "../../model";

const folder = "meshes/examples";
const examples = readdirSync(folder).filter((name) => name.endsWith(".ts"));

/** Made by the lab, or by the commands in the example's first comment. */
const isBuilt = ({ found }: { found: string }) => found.includes("lab/bin/") || found.includes("/build/");

test.each(examples)("the example %s is accepted, and all that it brings is there", async (name) => {
  const result = await loadMesh(resolve(join(folder, name)), { ...nodeFiles(), keysElsewhere: true, forReview: true });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 2));
  expect(result.missing.filter((one) => one.path.includes(".run.") && !isBuilt(one))).toEqual([]);
});

test("the artifact of the example is the file that it says", () => {
  const { run } = artifact.services!.hello!;
  expect(run.artifact?.sha256).toBe(nodeFiles().sha256(`${folder}/apps/artifact/hello.py`));
});
