/**
 * `gatehouse trust`: asks every node for its host key, shows the fingerprints for a person to confirm, and writes what was
 * confirmed to the files that the declaration reads with `hostKeyFrom`.
 */

import { checkMesh, formatProblems, loadDeclaration, type MeshDeclaration, meshPath, nodeFiles } from "../model";
import { askHosts, expectedFrom, hostsOf, settle } from "../trust";
import type { Call } from "./gatehouse";

/** Without host keys, and perhaps before its binaries are built. */
async function soundDeclaration(): Promise<MeshDeclaration> {
  const path = meshPath();
  const loaded = await loadDeclaration(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const checked = checkMesh(loaded.declaration, nodeFiles());
  const problems = "problems" in checked ? checked.problems : [];
  const inTheWay = problems.filter(
    (problem) => /^(|name|(ssh|nodes)\b.*)$/.test(problem.path) && !/(hostKey|privateKeyFile)$/.test(problem.path),
  );
  if (inTheWay.length > 0) throw new Error(formatProblems(inTheWay, path));
  return loaded.declaration as MeshDeclaration;
}

export async function run({ own }: Call): Promise<number> {
  const declaration = await soundDeclaration();
  const hosts = hostsOf(declaration);
  const expected = expectedFrom(own, hosts);
  const verdicts = await askHosts(hosts);
  let worst = 0;
  for (const verdict of verdicts) worst = Math.max(worst, await settle(declaration.name, verdict, expected));
  return worst;
}
