/** Where services and gateways run. */
import type { Path, Problems } from "../problem";
import { items, type View } from "../view";

export function checkPlacement(view: View, problems: Problems): void {
  for (const [name, service] of view.services.entries)
    checkRunsOn(service.runsOn, ["services", name, "runsOn"], view, problems);
  for (const [name, gateway] of view.gateways.entries)
    checkRunsOn(gateway.runsOn, ["gateways", name, "runsOn"], view, problems);
}

function checkRunsOn(runsOn: (string | undefined)[] | undefined, path: Path, view: View, problems: Problems): void {
  if (runsOn?.length === 0) {
    problems.add(path, runsOn, {
      reason: "it runs nowhere",
      remedy: "name at least one worker node, or remove the whole entry",
    });
  }
  const seen = new Map<string, number>();
  for (const { index, value: node } of items(runsOn)) {
    const first = seen.get(node);
    if (first === undefined) seen.set(node, index);
    const fault = first === undefined ? nodeFault(node, view) : twice(node, first);
    if (fault) problems.add([...path, index], node, fault);
  }
}

function twice(node: string, first: number) {
  return {
    reason: `\`${node}\` stands here already (runsOn[${first}]), and a node carries one instance`,
    remedy: "remove it, or name another node for a second instance",
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
