/**
 * Phase: Consul's agents register their services again, before entries change that the registrations have to fit. The deploy goes
 * on without a node that cannot be reached: its own programs name it.
 */
import { layout } from "../../model";
import { refreshRelease } from "../../templates";
import { RemoteProgram } from "../remote-program";
import { type Context, present } from "./context";
import type { Programs } from "./programs";
import type { Tokens } from "./tokens";

export function refreshAgents(
  { stack, mesh }: Context,
  after: { programs: Programs; tokens: Tokens },
): RemoteProgram[] {
  return mesh.nodes
    .filter(({ name, retired }) => !retired && mesh.instances.some(({ node }) => node.name === name))
    .map((node) => {
      const { hash, program } = refreshRelease(mesh, node);
      return new RemoteProgram(stack, layout.resources.refreshed(node.name), {
        node,
        program,
        triggers: { entries: hash },
        mayFail: true,
        dependsOn: present(
          after.programs.get(node.name),
          mesh.consul.existing && after.tokens.brought.get(node.name), // an existing agent takes no other token of ours
        ),
      });
    });
}
