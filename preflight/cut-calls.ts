/** Calls of services that are not declared, which pass now and are refused once everything else is denied. Pure. */

import type { Mesh } from "../model";
import type { LiveEntry } from "../nodes";

export interface Call {
  from: string;
  to: string;
}

/** `/v1/catalog/service/NAME`, as far as it is about proxies. */
export interface CatalogueProxy {
  ServiceProxy?: { DestinationServiceName?: string; Upstreams?: { DestinationName: string }[] | null };
}

interface Source {
  Name: string;
  Action?: string;
  Permissions?: unknown[] | null;
}

/** The calls that sidecars are registered for, and those of ingress gateways to their services. */
export function callsOf(proxies: CatalogueProxy[], gateways: LiveEntry[]): Call[] {
  const ofProxies = proxies.flatMap(({ ServiceProxy }) =>
    (ServiceProxy?.Upstreams ?? []).map(({ DestinationName }) => ({
      from: ServiceProxy?.DestinationServiceName ?? "",
      to: DestinationName,
    })),
  );
  const ofGateways = gateways.flatMap(({ Name, Listeners }) =>
    ((Listeners ?? []) as { Services?: { Name: string }[] }[])
      .flatMap(({ Services }) => Services ?? [])
      .filter((service) => service.Name !== "*")
      .map((service) => ({ from: Name, to: service.Name })),
  );
  const all = [...ofProxies, ...ofGateways].filter(({ from, to }) => from !== "" && to !== "");
  return [...new Map(all.map((call) => [`${call.from} ${call.to}`, call])).values()];
}

/** Those that no intention allows: of a declared service this mesh's entry counts, of any other the one that Consul has. */
export function cutCalls(mesh: Mesh, calls: Call[], intentions: LiveEntry[]): Call[] {
  const live = new Map(intentions.map((entry) => [entry.Name, (entry.Sources ?? []) as Source[]]));
  const ours = mesh.configEntries.filter(({ kind }) => kind === "service-intentions");
  for (const { name, config } of ours) live.set(name, config.Sources as Source[]);
  return calls.filter((call) => !isAllowed(call, live));
}

/** The most precise wins: an exact destination before any, and there an exact source before any. */
function isAllowed({ from, to }: Call, intentions: Map<string, Source[]>): boolean {
  const winner = [to, "*"]
    .flatMap((name) => [from, "*"].map((source) => intentions.get(name)?.find(({ Name }) => Name === source)))
    .find((one) => one !== undefined);
  return winner !== undefined && (winner.Action === "allow" || (winner.Permissions ?? []).length > 0);
}
