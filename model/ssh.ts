/** How one node is reached. */
import type { SshDeclaration } from "./declaration";

/**
 * The mesh's `ssh` with what the node says otherwise. Key file and agent are one choice: a node that names the one
 * gives up the mesh's other.
 */
export function effectiveSsh(mesh: Partial<SshDeclaration>, node: Partial<SshDeclaration> = {}): SshDeclaration {
  const merged = { ...mesh, ...node };
  if (node.agent === true && node.privateKeyFile === undefined) delete merged.privateKeyFile;
  if (node.privateKeyFile !== undefined && node.agent === undefined) delete merged.agent;
  return merged;
}
