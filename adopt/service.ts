/** A service of the declaration, from what runs. */
import { layout, type Protocol, type ServiceDeclaration } from "../model";
import type { LiveEntry } from "../nodes";
import type { MadeDefinition } from "../templates";
import { definitionOf, type FoundConsul, type Place, registrationsOf, type Workload } from "./found";
import { healthOf } from "./health";
import type { Remarks } from "./remarks";
import { limitsOf, runOf } from "./run";
import { type UpstreamFacts, upstreamsOf } from "./upstreams";

/** Undefined where too little is known to declare it: a remark says what. */
export function serviceOf(
  workload: Workload,
  consul: FoundConsul,
  callable: ReadonlySet<string>,
  remarks: Remarks,
  scp: (node: string, path: string, to: string) => string,
): ServiceDeclaration | undefined {
  const { name } = workload;
  const places = workload.places.filter(({ role }) => role === "worker");
  for (const { node } of workload.places.filter(({ role }) => role === "server"))
    remarks.add("blocks", name, `it runs on ${node}, a Consul server, where Gatehouse runs no service: move it first`);
  const port = portOf(places, consul);
  if (places.length === 0 || port === undefined) {
    const lack = places.length === 0 ? "it runs on no worker" : "it is registered without a port";
    remarks.add("blocks", name, `${lack}, so it is not in the declaration`);
    return undefined;
  }
  for (const place of places) remarkPlace(place, consul, port, remarks);
  const run = runOf(name, places, remarks, scp);
  if (!run) return undefined;
  const upstreams = upstreamsOf(name, facts(places, consul), callable, remarks);
  const health = healthOf(name, definitions(places), port, remarks);
  return {
    runsOn: places.map(({ node }) => node),
    port,
    protocol: protocolOf(name, consul.entries, remarks),
    run,
    ...limitsOf(places),
    ...(health && { health }),
    ...(Object.keys(upstreams).length > 0 && { upstreams }),
  };
}

const definitions = (places: Place[]): MadeDefinition[] => places.flatMap(({ made }) => made.definitions);

const facts = (places: Place[], consul: FoundConsul): UpstreamFacts[] =>
  places.map((place) => ({
    defined: place.made.definitions.flatMap(({ upstreams }) => upstreams),
    registered: registrationsOf(consul, place).flatMap((one) => one.Proxy?.Upstreams ?? []),
  }));

function portOf(places: Place[], consul: FoundConsul): number | undefined {
  const registered = places.flatMap((place) => registrationsOf(consul, place));
  const ports = [
    ...registered.filter(({ Kind }) => !Kind).map(({ Port }) => Port),
    ...places.map((place) => definitionOf(place)?.port),
  ];
  return ports.find((port) => port !== undefined && port > 0);
}

/** Everything about one node that a takeover refuses or changes. */
function remarkPlace(place: Place, consul: FoundConsul, port: number, remarks: Remarks): void {
  const { node, made } = place;
  const change = (text: string) => remarks.add("changes", made.name, text);
  for (const reason of made.shared) remarks.add("blocks", made.name, `on ${node}: ${reason}`);
  const registered = registrationsOf(consul, place);
  for (const { ID, Port, Address, Kind } of registered) {
    if (Kind === "" || Kind === undefined) {
      if (ID !== made.name) change(`its id ${ID} becomes ${made.name}`);
      if (Port && Port !== port)
        remarks.add(
          "blocks",
          made.name,
          `it has port ${Port} on ${node} and ${port} elsewhere: one service has one port`,
        );
      if (Address && Address !== "127.0.0.1")
        change(`it is registered at ${Address}; its sidecar calls it at 127.0.0.1:${port}, where it has to listen`);
    } else if (Port) change(`its sidecar on ${node} moves away from port ${Port}; Consul tells its callers`);
  }
  if (!registered.some(({ Kind }) => Kind === "connect-proxy")) change("it gets a sidecar, which it has not now");
  for (const unit of made.units.filter(({ name }) => !layout.unitsOf("service", made.name).includes(name)))
    change(`${unit.name} becomes ${unit.envoy ? layout.sidecarUnitOf(made.name) : layout.unitOf(made.name)}`);
  for (const other of made.definitions.flatMap(({ others }) => others))
    change(OTHERS[other] ?? `the setting ${other} of its definition goes`);
}

/** Settings of a definition, in words. */
const OTHERS: Record<string, string> = {
  token: "its own token is no longer used: delete it in Consul afterwards",
  tags: "its tags go, unless you write them under `tags`",
  meta: "its Meta goes, unless you write it under `meta`",
};

/** Consul's own default is tcp. */
export function protocolOf(name: string, entries: LiveEntry[], remarks: Remarks): Protocol {
  const find = (kind: string, of: string) => entries.find(({ Kind, Name }) => Kind === kind && Name === of);
  const everyone = find("proxy-defaults", "global")?.Config as { protocol?: unknown } | undefined;
  const spoken = String(find("service-defaults", name)?.Protocol || everyone?.protocol || "tcp");
  if (isProtocol(spoken)) return spoken;
  remarks.add("blocks", name, `Consul has the protocol ${spoken} for it, which Gatehouse does not know`);
  return "tcp";
}

const isProtocol = (text: string): text is Protocol => ["http", "http2", "grpc", "tcp"].includes(text);
