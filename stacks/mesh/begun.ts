/**
 * Phase: a change of what runs on a node is recorded before anything new is put there. So the node is also swept when a
 * deploy failed half-way and the declaration went back to what it was before.
 */
import { layout } from "../../model";
import { Milestone } from "../milestone";
import { type Context, instancesByNode, present } from "./context";
import type { ReadyNodes } from "./nodes";

/** The record of each node that is not retired, by node. */
export type Begun = ReadonlyMap<string, Milestone>;

export function begin({ stack, mesh }: Context, after: { nodes: ReadyNodes }): Begun {
  const instancesOn = instancesByNode(mesh);
  const nodes = mesh.nodes.filter(({ retired }) => !retired);
  return new Map(
    nodes.map((node) => {
      const instances = instancesOn(node).map(({ name }) => name);
      const milestone = new Milestone(
        stack,
        layout.resources.begun(node.name),
        present(after.nodes.ready.get(node.name)),
        { instances: instances.sort().join(" ") },
      );
      return [node.name, milestone];
    }),
  );
}
