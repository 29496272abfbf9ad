/** How many nodes are asked at once. */
import type { Mesh, MeshNode } from "../model";
import { mapLimit } from "./map-limit";

/** ssh connections at once: each is a process here, and a mesh may have a few hundred nodes. */
const CONNECTIONS = 32;

/** Connections at once through a bastion: its sshd refuses more than ten that are not logged in yet. */
const THROUGH_A_BASTION = 8;

/** Does `work`, which may open one ssh connection, for every node. Results in the order of the nodes. */
export function onEveryNode<Result>(
  { nodes }: Pick<Mesh, "nodes">,
  work: (node: MeshNode) => Promise<Result>,
): Promise<Result[]> {
  return mapLimit(nodes, nodes.some(({ ssh }) => ssh.bastion) ? THROUGH_A_BASTION : CONNECTIONS, work);
}
