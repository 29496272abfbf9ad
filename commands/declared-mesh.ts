/** The mesh that a command is about. */
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";

/** @throws where the declaration is refused, with its problems as a person reads them */
export async function declaredMesh(): Promise<Mesh> {
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  return loaded.mesh;
}
