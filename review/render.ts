/**
 * Prints a mesh file's mesh as JSON: `tsx review/render.ts MESH FOLDER`, where FOLDER is what the paths in it count from.
 * A commit is rendered by the Gatehouse of that same commit. No node, no state, no key and no binary is needed.
 */
import { isAbsolute, join } from "node:path";
import { formatProblems, loadMesh, nodeFiles, UNKNOWN_SHA256 } from "../model";
import { rendered } from "./rendered";

async function main([path, folder]: string[]): Promise<void> {
  if (!path || !folder) throw new Error("Write: tsx review/render.ts MESH FOLDER");
  const real = nodeFiles(folder);
  const there = (file: string) => !["missing", "unreadable", "folder"].includes(real.look(file));
  const result = await loadMesh(isAbsolute(path) ? path : join(folder, path), {
    ...real,
    keysElsewhere: true,
    forReview: true, // nor is every host key
    look: (file) => (["missing", "folder"].includes(real.look(file)) ? real.look(file) : "executable"),
    sha256: (file) => (there(file) ? real.sha256(file) : UNKNOWN_SHA256),
  });
  if ("problems" in result) throw new Error(formatProblems(result.problems, path));
  console.log(JSON.stringify(rendered(result.mesh)));
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
