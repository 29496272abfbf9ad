/**
 * Phase: nodes are made ready while Consul's entries are still being written. On destroy they are emptied while the
 * deny-all intention is still in Consul.
 */
import { layout, type MeshNode } from "../../model";
import { nodeRelease, userData, wipeProgram } from "../../templates";
import { RemoteProgram } from "../remote-program";
import { type Context, present } from "./context";
import type { Guard } from "./deny-all";
import type { Programs } from "./programs";
import type { Tokens } from "./tokens";

export interface ReadyNodes {
  /** Makes a node ready for instances, by node. Not on a retired node. */
  ready: ReadonlyMap<string, RemoteProgram>;
  /** Empties a node on destroy, by node: it waits for the node, and all that runs there waits for it. */
  wipes: ReadonlyMap<string, RemoteProgram>;
}

interface After {
  programs: Programs;
  tokens: Tokens;
  guard: Guard;
}

export function makeNodesReady(context: Context, after: After): ReadyNodes {
  const ready = new Map<string, RemoteProgram>();
  const wipes = new Map<string, RemoteProgram>();
  for (const node of context.mesh.nodes) {
    context.review.addUserData(node, userData(context.mesh, node));
    if (node.retired) continue;
    const made = makeReady(context, node, after);
    ready.set(node.name, made);
    wipes.set(node.name, wipe(context, node, made, after.guard));
  }
  return { ready, wipes };
}

function makeReady({ stack, mesh, review }: Context, node: MeshNode, after: After): RemoteProgram {
  const release = nodeRelease(mesh, node);
  review.addNode("node", node, release.files);
  return new RemoteProgram(stack, layout.resources.node(node.name), {
    node,
    program: release.program,
    triggers: { release: release.hash },
    // An existing agent has no Gatehouse token until `tokens_<node>` has run.
    dependsOn: present(after.programs.get(node.name), mesh.consul.existing && after.tokens.brought.get(node.name)),
  });
}

function wipe({ stack, mesh }: Context, node: MeshNode, ready: RemoteProgram, guard: Guard): RemoteProgram {
  return new RemoteProgram(stack, layout.resources.wipe(node.name), {
    node,
    triggers: {},
    onDestroy: wipeProgram(mesh, node, { agent: false, onDestroy: true }),
    dependsOn: [ready, ...guard.standing],
  });
}
