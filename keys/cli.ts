/**
 * `npm run secrets`: makes the secrets of the mesh, or adds what they lack. It asks nothing and shows no value.
 * Exit 0: they are complete. 1: something has to be given by a person. 2: they cannot be used.
 */
import { formatProblems, loadMesh, meshPath } from "../model";
import { makeSecrets } from "./make";

async function main(): Promise<number> {
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const { place, made, wanted } = await makeSecrets(loaded.mesh);
  console.log(`${place}: ${made.length > 0 ? "made" : "nothing to make"}`);
  for (const part of made) console.log(`  ${part}`);
  if (wanted.length === 0) return 0;
  console.log("Still wanted:");
  for (const part of wanted) console.log(`  ${part}`);
  return 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  },
);
