/** Declared ports: no two on one node are the same. */

import { formatPath, type Path, type Problems } from "./checking/problem";
import { items, type View } from "./checking/view";
import { consulPorts } from "./layout";
import { placedOn } from "./placement";
import { CONSUL_PORTS, portRanges, reservedFor, SLOTS } from "./ports";

/** A declared port, with the nodes that need it. */
interface Claim {
  path: Path;
  port: number;
  nodes: string[];
}

/** No two ports of one node are the same, and none is reserved. */
export function checkPorts(view: View, problems: Problems): void {
  const ranges = portRanges(view.declaration.ports);
  checkRanges(view, problems);
  const taken = new Map<string, Map<number, Path>>();
  const on = (node: string) => taken.get(node) ?? taken.set(node, sshPort(node, view)).get(node)!;
  for (const claim of claims(view)) {
    const owner = reservedFor(claim.port, ranges);
    if (owner !== undefined) {
      problems.add(claim.path, claim.port, {
        reason: `port ${claim.port} belongs to ${owner} on every node`,
        remedy: "choose another port",
      });
      continue;
    }
    const clash = claim.nodes.find((node) => on(node).has(claim.port));
    if (clash !== undefined) addClash(claim, clash, on(clash).get(claim.port)!, problems);
    for (const node of claim.nodes) if (!on(node).has(claim.port)) on(node).set(claim.port, claim.path);
  }
  checkSlots(view, problems);
}

/** The ranges themselves: apart from each other and from Consul's ports. */
function checkRanges({ declaration }: View, problems: Problems): void {
  if (!declaration.ports) return;
  const { admin, sidecars } = portRanges(declaration.ports);
  const named = (key: "admin" | "sidecars") => declaration.ports?.[key] !== undefined;
  for (const [key, range] of Object.entries({ admin, sidecars }) as ["admin" | "sidecars", typeof admin][]) {
    const consuls = [...CONSUL_PORTS.keys()].find((port) => port >= range.first && port <= range.last);
    if (consuls === undefined || !named(key)) continue;
    problems.add(["ports", key], range.first, {
      reason: `port ${consuls} of that range belongs to ${CONSUL_PORTS.get(consuls)}`,
      remedy: `choose a range of a thousand ports that has none of ${consulPorts.serverRpc} to ${consulPorts.dns}, for example from 20000`,
    });
  }
  if (Math.abs(admin.first - sidecars.first) >= SLOTS) return;
  const key = named("sidecars") ? "sidecars" : "admin";
  problems.add(["ports", key], declaration.ports[key] ?? admin.first, {
    reason: `the ranges ${admin.first} to ${admin.last} and ${sidecars.first} to ${sidecars.last} overlap`,
    remedy: "begin them at least 1000 ports apart",
  });
}

function addClash({ path, port }: Claim, node: string, other: Path, problems: Problems): void {
  const where = node.startsWith("?") ? "" : ` on node \`${node}\``;
  const whose = other.at(-1) === "ssh" ? "the node's ssh" : formatPath(other);
  problems.add(path, port, {
    reason: `port ${port} is already taken${where} by ${whose}, and ${formatPath(path)} wants it too`,
    remedy: "give one of them another port, or another node",
  });
}

/** Every port that the declaration asks for. An upstream's is bound by the caller's sidecar, so it counts like any. */
function* claims(view: View): Generator<Claim> {
  for (const [name, { port, health, upstreams, runsOn }] of view.services.entries) {
    const nodes = placesOf(runsOn, name);
    if (port !== undefined) yield { path: ["services", name, "port"], port, nodes };
    if (health?.port !== undefined && health.port !== port)
      yield { path: ["services", name, "health", "port"], port: health.port, nodes };
    for (const [upstream, value] of Object.entries(upstreams ?? {})) {
      const path = ["services", name, "upstreams", upstream, "localPort"];
      if (value?.localPort !== undefined) yield { path, port: value.localPort, nodes };
    }
  }
  for (const [name, { listeners, runsOn }] of view.gateways.entries) {
    for (const { index, value } of items(listeners)) {
      const path = ["gateways", name, "listeners", index, "port"];
      if (value.port !== undefined) yield { path, port: value.port, nodes: placesOf(runsOn, name) };
    }
  }
}

/** The nodes, or a place of its own for what runs nowhere: it can still clash with itself. */
function placesOf(runsOn: Parameters<typeof placedOn>[0], name: string): string[] {
  const nodes = placedOn(runsOn).map(({ node }) => node);
  return nodes.length > 0 ? [...new Set(nodes)] : [`?${name}`];
}

function sshPort(node: string, { nodes, declaration }: View): Map<number, Path> {
  if (!nodes.has(node)) return new Map();
  return new Map([[nodes.get(node)?.ssh?.port ?? declaration.ssh?.port ?? 22, ["nodes", node, "ssh"]]]);
}

function checkSlots({ nodes, services, gateways }: View, problems: Problems): void {
  const count = new Map<string, number>();
  for (const [, { runsOn }] of [...services.entries, ...gateways.entries]) {
    for (const node of new Set(placedOn(runsOn).map(({ node: on }) => on))) count.set(node, (count.get(node) ?? 0) + 1);
  }
  for (const [name] of nodes.entries) {
    const instances = count.get(name) ?? 0;
    if (instances <= SLOTS) continue;
    problems.add(["nodes", name], `${instances} instances`, {
      reason: `a node has ports for at most ${SLOTS} instances`,
      remedy: "spread the services over more nodes",
    });
  }
}
