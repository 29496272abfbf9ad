/** An instance: one service or gateway on one node, or one of several there. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import type { View } from "./checking/view";
import type { Gateway } from "./gateway";
import { instanceName } from "./layout";
import type { MeshNode } from "./node";
import { placedOn } from "./placement";
import { assignPorts, type PortRanges } from "./ports";
import type { Service } from "./service";
import { asInstance, instancesOn } from "./several";

/** One service or gateway on one node, or one of several there. */
export interface Instance {
  /** Its name on the node: the workload's, or of a further instance there that with its number. */
  name: string;
  /** A service has the ports of this instance, and its texts have no placeholders any more. */
  workload: Service | Gateway;
  node: MeshNode;
  /** Envoy's admin port on 127.0.0.1. */
  adminPort: number;
  /** Port of the sidecar's public listener. Undefined for a gateway. */
  sidecarPort?: number;
  /** The node of the instance of the same workload that is rolled before this one. */
  after?: string;
}

export const runsOnSchema = field(
  z.array(text("write a node's name", () => undefined)),
  'list the worker nodes to run on, for example `runsOn: ["worker1"]`',
);

/** Services and gateways run on workers that stay in the mesh. */
export function checkPlacement(view: View, problems: Problems): void {
  for (const [name, service] of view.services.entries)
    checkRunsOn(service.runsOn, ["services", name, "runsOn"], view, problems);
  for (const [name, gateway] of view.gateways.entries)
    checkRunsOn(gateway.runsOn, ["gateways", name, "runsOn"], view, problems);
}

function checkRunsOn(runsOn: Parameters<typeof placedOn>[0], path: Path, view: View, problems: Problems): void {
  if (runsOn?.length === 0) {
    problems.add(path, runsOn, {
      reason: "it runs nowhere",
      remedy: "name at least one worker node, or remove the whole entry",
    });
  }
  const seen = new Map<string, number>();
  for (const { index, node, at } of placedOn(runsOn)) {
    const first = seen.get(node);
    if (first === undefined) seen.set(node, index);
    const fault = first === undefined ? nodeFault(node, view) : twice(node, first);
    if (fault) problems.add([...path, ...at], node, fault);
  }
}

function twice(node: string, first: number) {
  return {
    reason: `\`${node}\` stands here already (runsOn[${first}])`,
    remedy: `remove it, or name another node; for a second instance of a service there write \`{ node: "${node}", instances: 2 }\``,
  };
}

function nodeFault(name: string, view: View) {
  const unknown = view.nodes.unknown(name, "node");
  if (unknown) return unknown;
  const node = view.nodes.get(name);
  if (node?.role === "server") {
    return {
      reason: `\`${name}\` is a Consul server, and servers carry no workload: their resources keep the mesh healthy`,
      remedy: "move it to a node whose role is `worker`",
    };
  }
  if (node?.retired === true) {
    return {
      reason: `\`${name}\` is retired (nodes.${name}.retired): it is being emptied`,
      remedy: "move it to another node, or take `retired` away",
    };
  }
  return undefined;
}

/** The instances of each service and gateway on each of its nodes, with their ports. */
export function placeInstances(workloads: (Service | Gateway)[], nodes: MeshNode[], ports: PortRanges): Instance[] {
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  const namesOn = new Map<string, string[]>(nodes.map((node) => [node.name, []]));
  for (const workload of workloads) for (const { node, name } of placesOf(workload)) namesOn.get(node)!.push(name);
  const portsOn = new Map([...namesOn].map(([node, names]) => [node, assignPorts(names, ports)]));
  return workloads.flatMap((workload) =>
    placesOf(workload).map(({ node, name, number }, index, places) => {
      const { adminPort, sidecarPort } = portsOn.get(node)!.get(name)!;
      const after = places[index - 1]?.node;
      return {
        name,
        workload: workload.kind === "service" ? asInstance(workload, number) : workload,
        node: nodeByName.get(node)!,
        adminPort,
        ...(workload.kind === "service" ? { sidecarPort } : {}),
        ...(after === undefined ? {} : { after }),
      };
    }),
  );
}

/** In the order in which they are rolled. */
function placesOf(workload: Service | Gateway): { node: string; name: string; number: number }[] {
  return workload.runsOn.flatMap((node) =>
    Array.from({ length: instancesOn(workload, node) }, (_, further) => {
      const number = further + 1;
      return { node, name: instanceName(workload.name, number), number };
    }),
  );
}
