/** Reads from Consul what is there. Asks, and changes nothing. */
import type { Consul } from "../model";
import { apiUrl, askApi, askJson, mapLimit, readEntries, type Where } from "../nodes";
import type { CatalogueService, FoundConsul, Member } from "./found";

/** Kinds that a declaration may come from, and those that are only named in the report. */
const KINDS = [
  "proxy-defaults",
  "service-defaults",
  "service-intentions",
  "service-resolver",
  "service-splitter",
  "service-router",
  "ingress-gateway",
  "terminating-gateway",
  "mesh",
];

/** Requests at once. */
const WIDTH = 8;

/** Statuses of Serf, which keeps the agents' membership. */
const ALIVE = 1;
const LEFT = 3;

interface Self {
  Config?: { Datacenter?: string };
  DebugConfig?: { ACLsEnabled?: boolean };
  Stats?: { serf_lan?: { encrypted?: string } };
}

/**
 * @param address `host:port` of its HTTP API
 * @throws where it does not answer, or not with this token
 */
export async function readConsul(mesh: string, address: string, tls: boolean): Promise<FoundConsul> {
  const before: Consul = {
    datacenter: "",
    address,
    addresses: [address],
    existing: true,
    owns: [],
    acl: true,
    tls,
    gossipEncryption: true,
    openDns: false,
    wanGossip: false,
  };
  const self = await selfOf({ name: mesh, consul: before });
  const datacenter = self.Config?.Datacenter ?? "";
  const where = { name: mesh, consul: { ...before, datacenter } };
  const [members, nodes, entries] = await Promise.all([
    membersOf(where),
    askJson<{ Node: string }[]>(where, "catalog/nodes"),
    readEntries(where, KINDS),
  ]);
  const services = await mapLimit(nodes, WIDTH, ({ Node }) =>
    askJson<{ Services: CatalogueService[] | null } | null>(where, `catalog/node-services/${encodeURIComponent(Node)}`),
  );
  return {
    datacenter,
    address,
    tls,
    acl: self.DebugConfig?.ACLsEnabled ?? true,
    gossipEncryption: self.Stats?.serf_lan?.encrypted === "true",
    members,
    registrations: Object.fromEntries(nodes.map(({ Node }, at) => [Node, services[at]?.Services ?? []])),
    entries,
  };
}

async function selfOf(where: Where): Promise<Self> {
  const url = apiUrl(where);
  const { status, text } = await askApi(where, "agent/self").catch((error: Error) => {
    const why = error.message || String((error as NodeJS.ErrnoException).code);
    throw new Error(
      `Consul does not answer at ${url}: ${why}. Name it with --consul HOST:PORT (https:// before it for TLS, with CONSUL_CACERT and the like).`,
    );
  });
  if (status === 200) return JSON.parse(text) as Self;
  throw new Error(
    `${url}/v1/agent/self: ${status} ${text.slice(0, 200)}. Reading it needs a token in CONSUL_HTTP_TOKEN that may read agents, nodes, services and config entries.`,
  );
}

async function membersOf(where: Where): Promise<Member[]> {
  const all = await askJson<{ Name: string; Addr: string; Status: number; Tags: Record<string, string> }[]>(
    where,
    "agent/members",
  );
  return all
    .filter(({ Status }) => Status !== LEFT)
    .map(({ Name: name, Addr: address, Status, Tags }) => ({
      name,
      address,
      role: Tags.role === "consul" ? ("server" as const) : ("worker" as const),
      alive: Status === ALIVE,
    }))
    .sort((a, b) => (a.role === b.role ? (a.name < b.name ? -1 : 1) : a.role === "server" ? -1 : 1));
}
