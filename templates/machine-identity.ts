import type { MeshNode } from "../model";
import { contentHash } from "./program";

/** Changes when the machine does: a machine that was made again has another host key, and everything is put on it again. */
export function machineIdentity(node: MeshNode): string {
  return contentHash(node.name, node.address, node.hostKey).slice(0, 16);
}
