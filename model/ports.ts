/** The ports of instances: which range each kind has, and which instance gets which. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { count } from "./checking/fields";
import { consulPorts, firstPorts, isFurther } from "./layout";

/** A node has a port of each range for each of its instances. */
export interface PortsDeclaration {
  /** The first of the 1000 ports for Envoys' admin pages, on 127.0.0.1. @default 19000 */
  admin?: number;
  /** The first of the 1000 ports at which sidecars take calls of other nodes. @default 21000 */
  sidecars?: number;
}

/** A range of ports, both ends included. */
export interface PortRange {
  first: number;
  last: number;
  /** Whose it is, for messages. */
  owner: string;
}

/** Instances that one node can carry: one slot each. */
export const SLOTS = 1000;

/** The ports that a mesh's instances are given. */
export interface PortRanges {
  /** Envoy's admin page of each instance, on 127.0.0.1. */
  admin: PortRange;
  /** The public mTLS listener of each sidecar. */
  sidecars: PortRange;
}

/** A range of a thousand begins there, above what only root may take. */
const firstPort = count(1024, 65_536 - SLOTS);

export const portsSchema = z.strictObject({ admin: firstPort.optional(), sidecars: firstPort.optional() });

/** The ranges of a declaration. Where two meshes share nodes, one of them declares others than these. */
export function portRanges({
  admin = firstPorts.admin,
  sidecars = firstPorts.sidecars,
}: PortsDeclaration = {}): PortRanges {
  const range = (first: number, owner: string): PortRange => ({ first, last: first + SLOTS - 1, owner });
  return { admin: range(admin, "the Envoy admin ports"), sidecars: range(sidecars, "the sidecars") };
}

/** Consul's ports, each with its use. */
export const CONSUL_PORTS: ReadonlyMap<number, string> = new Map([
  [consulPorts.serverRpc, "Consul's server RPC"],
  [consulPorts.lanGossip, "Consul's LAN gossip"],
  [consulPorts.wanGossip, "Consul's WAN gossip"],
  [consulPorts.http, "Consul's HTTP API"],
  [consulPorts.https, "Consul's HTTPS API"],
  [consulPorts.grpc, "Consul's gRPC"],
  [consulPorts.grpcTls, "Consul's gRPC over TLS"],
  [consulPorts.dns, "Consul's DNS"],
]);

/** Who keeps this port on every node, or undefined when a declaration may use it. */
export function reservedFor(port: number, { admin, sidecars }: PortRanges): string | undefined {
  const range = [admin, sidecars].find(({ first, last }) => port >= first && port <= last);
  return range ? `${range.owner} (${range.first} to ${range.last})` : CONSUL_PORTS.get(port);
}

/** The ports of one instance on its node. A gateway does not use its sidecar port. */
export interface SlotPorts {
  adminPort: number;
  sidecarPort: number;
}

/**
 * Gives every name on one node its ports. The slot comes from the name's hash, so that adding or removing another
 * instance leaves it alone; only where two hashes meet does the later name move to the next free slot. A service's further
 * instances come last: they move nothing that is there.
 */
export function assignPorts(names: Iterable<string>, { admin, sidecars }: PortRanges): Map<string, SlotPorts> {
  const taken = new Set<number>();
  const ports = new Map<string, SlotPorts>();
  for (const name of [...names].sort(firstBefore)) {
    if (taken.size === SLOTS) throw new RangeError(`a node carries at most ${SLOTS} instances`);
    let slot = createHash("sha256").update(name).digest().readUInt32BE(0) % SLOTS;
    while (taken.has(slot)) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    ports.set(name, { adminPort: admin.first + slot, sidecarPort: sidecars.first + slot });
  }
  return ports;
}

function firstBefore(one: string, other: string): number {
  const [here, there] = [isFurther(one), isFurther(other)];
  if (here !== there) return here ? 1 : -1;
  return one < other ? -1 : 1;
}
