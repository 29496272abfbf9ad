/** Declared ports: no two on one node are the same. */

import { type Fault, formatPath, type Path, type Problems } from "./checking/problem";
import { items, type Sound, type View } from "./checking/view";
import { consulPorts } from "./layout";
import { placedOn } from "./placement";
import { CONSUL_PORTS, portRanges, reservedFor, SLOTS } from "./ports";
import type { ServiceDeclaration } from "./service";

/** A declared port, or that of a further instance, with the nodes that need it. */
interface Claim {
  path: Path;
  /** The port of the first instance on a node. */
  declared: number;
  /** Which instance on a node needs this port: 1 for the first. */
  number: number;
  port: number;
  nodes: string[];
}

/** No two ports of one node are the same, and none is reserved. */
export function checkPorts(view: View, problems: Problems): void {
  const ranges = portRanges(view.declaration.ports);
  checkRanges(view, problems);
  const taken = new Map<string, Map<number, Taken>>();
  const on = (node: string) => taken.get(node) ?? taken.set(node, sshPort(node, view)).get(node)!;
  const faulty = new Set<Path>();
  for (const claim of claims(view)) {
    if (faulty.has(claim.path)) continue; // said of an earlier instance
    const clash = claim.nodes.find((node) => on(node).has(claim.port));
    const fault = unusable(claim, reservedFor(claim.port, ranges));
    if (fault) problems.add(claim.path, claim.declared, fault);
    else if (clash !== undefined) addClash(claim, clash, on(clash).get(claim.port)!, problems);
    if (fault || clash !== undefined) faulty.add(claim.path);
    for (const node of claim.nodes) if (!fault && !on(node).has(claim.port)) on(node).set(claim.port, claim);
  }
  checkSlots(view, problems);
}

function unusable({ port, number }: Claim, owner: string | undefined): Fault | undefined {
  const whose = number === 1 ? "" : ` (of instance ${number} on a node)`;
  if (port > LAST_PORT) return { reason: `there is no port ${port}${whose}`, remedy: "choose a lower port" };
  if (owner === undefined) return undefined;
  return { reason: `port ${port}${whose} belongs to ${owner} on every node`, remedy: "choose another port" };
}

const LAST_PORT = 65_535;

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

/** Whose a port of a node is. */
type Taken = Pick<Claim, "path" | "number">;

const named = ({ path, number }: Taken): string =>
  `${formatPath(path)}${number === 1 ? "" : ` (of instance ${number} there)`}`;

function addClash(claim: Claim, node: string, other: Taken, problems: Problems): void {
  const { path, declared, port } = claim;
  const where = node.startsWith("?") ? "" : ` on node \`${node}\``;
  const whose = other.path.at(-1) === "ssh" ? "the node's ssh" : named(other);
  const several = [claim, other].some(({ number }) => number > 1);
  problems.add(path, declared, {
    reason: `port ${port} is already taken${where} by ${whose}, and ${named(claim)} wants it too`,
    remedy: several
      ? "the ports of further instances follow the first one's: leave room between declared ports, or name another node"
      : "give one of them another port, or another node",
  });
}

/** Every port that the declaration asks for. An upstream's is bound by the caller's sidecar, so it counts like any. */
function* claims(view: View): Generator<Claim> {
  for (const [name, service] of view.services.entries) {
    const declared = [...portsOf(name, service)];
    const most = Math.max(1, ...placedOn(service.runsOn).map(({ instances }) => instances));
    for (let number = 1; number <= most; number++) {
      const nodes = placesOf(service.runsOn, name, number);
      for (const { path, port } of declared) yield { path, declared: port, number, port: port + number - 1, nodes };
    }
  }
  for (const [name, { listeners, runsOn }] of view.gateways.entries) {
    for (const { index, value } of items(listeners)) {
      const path = ["gateways", name, "listeners", index, "port"];
      const { port } = value;
      if (port !== undefined) yield { path, declared: port, number: 1, port, nodes: placesOf(runsOn, name) };
    }
  }
}

/** The ports of a service's first instance. */
function* portsOf(name: string, { port, health, upstreams }: Sound<ServiceDeclaration>) {
  const path = ["services", name];
  if (port !== undefined) yield { path: [...path, "port"], port };
  if (health?.port !== undefined && health.port !== port)
    yield { path: [...path, "health", "port"], port: health.port };
  for (const [upstream, value] of Object.entries(upstreams ?? {})) {
    if (value?.localPort !== undefined)
      yield { path: [...path, "upstreams", upstream, "localPort"], port: value.localPort };
  }
}

/** The nodes with so many instances, or a place of its own for what runs nowhere: it can still clash with itself. */
function placesOf(runsOn: Parameters<typeof placedOn>[0], name: string, number = 1): string[] {
  const nodes = placedOn(runsOn)
    .filter(({ instances }) => instances >= number)
    .map(({ node }) => node);
  return nodes.length > 0 ? [...new Set(nodes)] : [`?${name}`];
}

function sshPort(node: string, { nodes, declaration }: View): Map<number, Taken> {
  if (!nodes.has(node)) return new Map();
  return new Map([
    [nodes.get(node)?.ssh?.port ?? declaration.ssh?.port ?? 22, { path: ["nodes", node, "ssh"], number: 1 }],
  ]);
}

function checkSlots({ nodes, services, gateways }: View, problems: Problems): void {
  const count = new Map<string, number>();
  for (const [, { runsOn }] of [...services.entries, ...gateways.entries]) {
    for (const { node, instances } of placedOn(runsOn)) count.set(node, (count.get(node) ?? 0) + instances);
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
