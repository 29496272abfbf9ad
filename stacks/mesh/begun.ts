/**
 * Phase: a change of what runs on a node is recorded before anything new is put there. So the node is also swept when a
 * deploy failed half-way and the declaration went back to what it was before.
 */
import { layout, type MeshNode } from "../../model";
import { Milestone } from "../milestone";
import { type Context, instancesByNode, present } from "./context";
import type { ReadyNodes } from "./nodes";

/** The record of a node. */
export type Begun = (node: MeshNode) => Milestone;

export function begin({ stack, mesh }: Context, after: { nodes: ReadyNodes }): Begun {
  const begun = new Map<MeshNode, Milestone>();
  const instancesOn = instancesByNode(mesh);
  return (node) => {
    const existing = begun.get(node);
    if (existing) return existing;
    const instances = instancesOn(node).map(({ workload }) => workload.name);
    const added = new Milestone(stack, layout.resources.begun(node.name), present(after.nodes.ready.get(node.name)), {
      instances: instances.sort().join(" "),
    });
    begun.set(node, added);
    return added;
  };
}
