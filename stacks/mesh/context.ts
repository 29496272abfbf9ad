/** The things that every phase of the mesh stack works with, and helpers for their lists of predecessors. */
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { Instance, Mesh, MeshNode } from "../../model";
import type { ReviewFiles } from "../review-files";
import type { MeshSecrets } from "../secrets";

/**
 * A phase is a function `(context, after, …)` that adds its resources to the stack. `after` holds the results of the
 * phases that it waits for, so a phase can only wait for what has been made before it. It returns the resources that
 * later phases wait for.
 */
export interface Context {
  /** Where resources are added. */
  stack: Construct;
  mesh: Mesh;
  /** Its agent is asked about the mesh as a whole: the first server, or else the first node. */
  firstNode: MeshNode;
  review: ReviewFiles;
  /** Undefined where the mesh has none. */
  secrets: MeshSecrets | undefined;
}

/** The first server, or else the first node. */
export function firstNodeOf(mesh: Mesh): MeshNode {
  const nodes = mesh.nodes.filter(({ retired }) => !retired);
  const node = nodes.find(({ role }) => role === "server") ?? nodes[0];
  if (!node) throw new Error("the model must refuse a mesh without nodes");
  return node;
}

/** The instances of each node, in the order in which they are deployed. */
export function instancesByNode({ instances }: Mesh): (node: MeshNode) => Instance[] {
  const groups = groupBy(instances, ({ node }) => node);
  return (node) => groups.get(node) ?? [];
}

/** Lists of the items with the same key, in the order of the items. */
export function groupBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** The predecessors among these: where there is nothing to wait for, there is `undefined` or `false`. */
export function present(...items: (ITerraformDependable | undefined | false)[]): ITerraformDependable[] {
  return items.filter((item) => item !== undefined && item !== false);
}
