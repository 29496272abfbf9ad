/** Phase: each instance gets an ACL token of its own. All tokens of a node travel there at once, while others are at work. */
import { Fn } from "cdktf";
import { hasEnvoy, type Instance, layout, type MeshNode } from "../../model";
import { tokensProgram } from "../../templates";
import { AclToken } from "../acl-token";
import { RemoteProgram } from "../remote-program";
import { type Context, instancesByNode, present } from "./context";
import type { Programs } from "./programs";

export interface Tokens {
  ofInstance: ReadonlyMap<Instance, AclToken>;
  /** The program that brings a node its tokens, by node. */
  brought: ReadonlyMap<string, RemoteProgram>;
}

export function bringTokens(context: Context, after: { programs: Programs }): Tokens {
  const { stack, mesh } = context;
  const ofInstance = new Map<Instance, AclToken>();
  const brought = new Map<string, RemoteProgram>();
  if (!mesh.consul.acl) return { ofInstance, brought };
  for (const instance of mesh.instances) {
    if (!hasEnvoy(instance.workload)) continue; // Consul does not know it
    ofInstance.set(instance, AclToken.ofInstance(stack, mesh, instance));
  }
  const instancesOn = instancesByNode(mesh);
  for (const node of mesh.nodes) {
    const tokens = Object.fromEntries(
      instancesOn(node).flatMap((instance) => {
        const token = ofInstance.get(instance);
        return token ? [[instance.name, token]] : [];
      }),
    );
    // An agent that Gatehouse set up has its token already.
    if (mesh.consul.existing) tokens._agent = AclToken.ofMachine(stack, mesh, node);
    if (Object.keys(tokens).length > 0) brought.set(node.name, bring(context, node, tokens, after));
  }
  return { ofInstance, brought };
}

function bring(
  { stack, mesh }: Context,
  node: MeshNode,
  tokens: Record<string, AclToken>,
  after: { programs: Programs },
): RemoteProgram {
  const values = Object.fromEntries(Object.entries(tokens).map(([name, { secret }]) => [name, secret]));
  const ids = Object.values(tokens).map(({ id }) => id);
  return new RemoteProgram(stack, layout.resources.tokens(node.name), {
    node,
    program: tokensProgram(mesh.name, node.name),
    triggers: { tokens: Fn.join(" ", ids) },
    secrets: { mesh: mesh.name, name: "tokens", values },
    dependsOn: present(after.programs.get(node.name)),
  });
}
