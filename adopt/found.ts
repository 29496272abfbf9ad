/** Facts from Consul and from the nodes, which a first declaration is made from. */
import type { SshDeclaration } from "../model";
import type { LiveEntry } from "../nodes";
import type { MadeByHand, MadeDefinition, MadeUnit } from "../templates";

/** A node's Consul agent, as its members know it. */
export interface Member {
  name: string;
  address: string;
  role: "server" | "worker";
  /** It answers the other agents. */
  alive: boolean;
}

/** A registration of Consul's catalogue, in the names of its API. */
export interface CatalogueService {
  ID: string;
  Service: string;
  Kind?: string;
  Address?: string;
  Port?: number;
  Meta?: Record<string, string> | null;
  Proxy?: {
    DestinationServiceName?: string;
    DestinationServiceID?: string;
    Upstreams?: CatalogueUpstream[] | null;
  } | null;
}

export interface CatalogueUpstream {
  DestinationName: string;
  DestinationType?: string;
  LocalBindPort?: number;
  LocalBindAddress?: string;
}

export interface FoundConsul {
  datacenter: string;
  /** `host:port` at which it was asked. */
  address: string;
  tls: boolean;
  acl: boolean;
  gossipEncryption: boolean;
  members: Member[];
  /** By the node's name. A node without an agent is no member. */
  registrations: Record<string, CatalogueService[]>;
  entries: LiveEntry[];
}

/** A node that was looked at over ssh. */
export interface FoundNode {
  name: string;
  arch: "amd64" | "arm64";
  made: MadeByHand[];
}

export interface Found {
  consul: FoundConsul;
  ssh: SshDeclaration;
  /** In the order of the members. */
  nodes: FoundNode[];
  /** Members that were not looked at, and why. */
  unseen: { name: string; why: string }[];
}

/** One service or gateway on one node. */
export interface Place {
  node: string;
  role: Member["role"];
  made: MadeByHand;
}

/** A service or gateway that people made, on all nodes. */
export interface Workload {
  name: string;
  /** Empty for a service, else Consul's kind. */
  kind: string;
  places: Place[];
}

/** Each by name, in the order of the names. */
export function workloadsOf({ consul, nodes }: Found): Workload[] {
  const all = new Map<string, Workload>();
  for (const { name: node, made } of nodes) {
    const role = consul.members.find(({ name }) => name === node)?.role ?? "worker";
    for (const one of made) {
      const workload = all.get(one.name) ?? { name: one.name, kind: one.kind, places: [] };
      workload.places.push({ node, role, made: one });
      all.set(one.name, workload);
    }
  }
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether Gatehouse has this kind of workload. */
export const isKnownKind = ({ kind }: Workload): boolean => kind === "" || kind === "ingress-gateway";

/** The unit that runs the program itself, or the gateway's Envoy. */
export const programUnit = ({ made }: Place): MadeUnit | undefined =>
  made.units.find(({ envoy, command }) => envoy === (made.kind !== "") && command.length > 0);

/** The service's own definition, without that of a sidecar in a file of its own. */
export const definitionOf = ({ made }: Place): MadeDefinition | undefined =>
  made.definitions.find(({ port }) => port > 0) ?? made.definitions[0];

export const registrationsOf = (consul: FoundConsul, { node, made }: Place): CatalogueService[] =>
  (consul.registrations[node] ?? []).filter(({ ID }) => made.ids.includes(ID));
