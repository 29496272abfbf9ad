/** An ingress gateway of the declaration, from what runs and from its config entry. */
import type { GatewayDeclaration, ListenerDeclaration, Protocol } from "../model";
import type { LiveEntry } from "../nodes";
import type { FoundConsul, Workload } from "./found";
import type { Remarks } from "./remarks";
import { limitsOf } from "./run";

/** A listener in the names of Consul's API. */
interface LiveListener {
  Port: number;
  Protocol: string;
  TLS?: {
    Enabled?: boolean;
    TLSMinVersion?: string;
    SDS?: { ClusterName?: string; CertResource?: string } | null;
  } | null;
  Services?: { Name: string; Hosts?: string[] | null }[] | null;
}

/**
 * @param callable what its listeners may lead to: chosen services, and those that others run
 * @param free workers without a service, the better place for one that is on a server
 */
export function gatewayOf(
  { name, places }: Workload,
  consul: FoundConsul,
  callable: ReadonlySet<string>,
  remarks: Remarks,
  free: string[],
): GatewayDeclaration | undefined {
  for (const { node, made } of places) {
    for (const reason of made.shared) remarks.add("blocks", name, `on ${node}: ${reason}`);
    for (const other of made.definitions.flatMap(({ others }) => others))
      remarks.add(
        "changes",
        name,
        other === "token"
          ? "its own token is no longer used: delete it in Consul afterwards"
          : `the setting ${other} of its definition goes`,
      );
  }
  const workers = places.filter(({ role }) => role === "worker").map(({ node }) => node);
  const runsOn = workers.length > 0 ? workers : free.slice(0, 1);
  if (runsOn.length === 0) {
    remarks.add("blocks", name, "it runs on a Consul server, and there is no worker to move it to");
    return undefined;
  }
  const servers = places.filter(({ role }) => role === "server").map(({ node }) => node);
  if (servers.length > 0)
    remarks.add(
      "changes",
      name,
      `on ${servers.join(", ")}, which is a Consul server, it goes on until takeOver.letGo names it; the declared one is on ${runsOn.join(", ")}: move DNS or your load balancer there`,
    );
  const entry = consul.entries.find(({ Kind, Name }) => Kind === "ingress-gateway" && Name === name);
  return { runsOn, listeners: listenersOf(name, entry, callable, remarks), ...limitsOf(places) };
}

function listenersOf(
  gateway: string,
  entry: LiveEntry | undefined,
  callable: ReadonlySet<string>,
  remarks: Remarks,
): ListenerDeclaration[] {
  return ((entry?.Listeners ?? []) as LiveListener[]).flatMap((listener) => {
    const services = (listener.Services ?? []).flatMap(({ Name, Hosts }) => {
      if (Name !== "*" && !callable.has(Name)) {
        remarks.add("blocks", gateway, `it leads to ${Name}, which Consul does not know as a service`);
        return [];
      }
      return [{ name: Name, ...(Hosts?.length && { hosts: Hosts }) }];
    });
    const { Port: port, Protocol: protocol } = listener;
    return services.length === 0 ? [] : [{ port, protocol: protocol as Protocol, ...tlsOf(listener), services }];
  });
}

function tlsOf({ TLS }: LiveListener): Pick<ListenerDeclaration, "tls"> {
  if (!TLS?.Enabled) return {};
  const { TLSMinVersion, SDS } = TLS;
  return {
    tls: {
      ...((TLSMinVersion === "TLSv1_2" || TLSMinVersion === "TLSv1_3") && { minVersion: TLSMinVersion }),
      ...(SDS?.ClusterName && { sds: { clusterName: SDS.ClusterName, certResource: SDS.CertResource ?? "" } }),
    },
  };
}
