/**
 * Phase: nodes are swept. Old instances go only when everything declared serves and is reached by its routes. A gateway
 * that moves may leave one behind that a person made, on a server for instance: it goes on serving until the declaration
 * lets it go.
 */
import { layout, type MeshNode } from "../../model";
import { sweepProgram, wipeProgram } from "../../templates";
import { Milestone } from "../milestone";
import { RemoteProgram } from "../remote-program";
import type { Begun } from "./begun";
import { type Context, instancesByNode, present } from "./context";
import type { Entries } from "./entries";
import type { LastInstances } from "./instances";
import type { ReadyNodes } from "./nodes";
import type { Programs } from "./programs";
import { type Routing, routingEntries } from "./routing";

interface After {
  programs: Programs;
  nodes: ReadyNodes;
  begun: Begun;
  instances: LastInstances;
  routing: Routing;
  routes: Entries;
  probes: RemoteProgram[];
}

/** @returns the point at which no old instance is left anywhere */
export function sweepNodes(context: Context, after: After): Milestone {
  const { stack, mesh } = context;
  const serving = [...after.instances.values(), ...routingEntries(after.routing), ...after.routes.values()];
  const served = new Milestone(stack, "served", [...serving, ...after.probes]);
  const instancesOn = instancesByNode(mesh);
  const sweeps = mesh.nodes.map((node) => {
    const { program, triggers } = node.retired ? retire(context, node) : sweep(context, node, instancesOn, after.begun);
    return new RemoteProgram(stack, layout.resources.sweep(node.name), {
      node,
      program,
      triggers,
      dependsOn: present(after.nodes.wipes.get(node.name), after.programs.get(node.name), served),
    });
  });
  return new Milestone(stack, "swept", sweeps);
}

interface Sweep {
  program: string;
  triggers: Record<string, string>;
}

function retire({ mesh }: Context, node: MeshNode): Sweep {
  const program = wipeProgram(mesh, node, { agent: !mesh.consul.existing, onDestroy: false });
  return { program, triggers: { keep: "nothing: retired" } };
}

function sweep(
  { mesh }: Context,
  node: MeshNode,
  instancesOn: ReturnType<typeof instancesByNode>,
  begun: Begun,
): Sweep {
  const here = instancesOn(node);
  const instances = here.map(({ name }) => name).sort();
  const binaries = here.flatMap(({ workload }) =>
    workload.kind === "service" && workload.binary ? [workload.binary.sha256] : [],
  );
  const elsewhere = mesh.gateways.filter(({ runsOn }) => !runsOn.includes(node.name));
  const letGo = elsewhere.map(({ name }) => name).filter((name) => mesh.takeOver.letGo.includes(name));
  return {
    program: sweepProgram(mesh, node, { instances, binaries: [...new Set(binaries)], letGo }),
    triggers: {
      keep: instances.join(" "),
      gateways: mesh.gateways.map(({ name, runsOn }) => `${name}: ${runsOn.join(" ")}`).join(", "),
      begun: begun.get(node.name)!.id,
      ...(letGo.length > 0 && { let_go: letGo.join(" ") }),
    },
  };
}
