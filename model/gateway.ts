/** An ingress gateway. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import { clustersFault } from "./formats/text";
import { runsOnSchema } from "./instance";
import { type CpuShare, type Limits, limitsOf, limitsSchema, type Memory } from "./limits";
import { type ListenerDeclaration, listenerSchema } from "./listener";
import type { Protocol } from "./service";

/** An Envoy that lets calls into the mesh. */
export interface GatewayDeclaration {
  /** Worker nodes, one gateway instance each. */
  runsOn: string[];
  /** The gateway is ended when it takes more than this, and started again. systemd: `MemoryMax`. @default no limit */
  memoryMax?: Memory;
  /** The gateway gets no more than this. systemd: `CPUQuota`. @default no limit */
  cpuQuota?: CpuShare;
  /** May be empty: then the gateway runs and routes nothing. */
  listeners: ListenerDeclaration[];
  /**
   * Clusters in JSON that Envoy knows from its start, separated by commas: where it finds the servers of `tls.sds`.
   * Consul: `envoy_extra_static_clusters_json` of the gateway's `proxy.config`. @default none
   */
  extraStaticClustersJson?: string;
}

/** A gateway of the checked mesh. */
export interface Gateway extends Limits {
  kind: "ingress-gateway";
  name: string;
  runsOn: string[];
  listeners: {
    port: number;
    protocol: Protocol;
    tls?: { minVersion: string; sds?: { clusterName: string; certResource: string } };
    services: { name: string; hosts?: string[] }[];
  }[];
  extraStaticClustersJson?: string;
}

export const gatewaySchema = z.strictObject({
  runsOn: runsOnSchema,
  listeners: field(
    z.array(field(listenerSchema, "write `{ port, protocol, services }`")),
    "list the listeners; `[]` runs a gateway that routes nothing yet",
  ),
  ...limitsSchema,
  extraStaticClustersJson: text("write Envoy's clusters as JSON", clustersFault).optional(),
});

/** The gateway with its defaults. */
export function resolveGateway(name: string, gateway: GatewayDeclaration): Gateway {
  const { runsOn, listeners, extraStaticClustersJson } = gateway;
  return {
    kind: "ingress-gateway",
    name,
    runsOn: [...runsOn],
    ...(extraStaticClustersJson !== undefined && { extraStaticClustersJson }),
    listeners: listeners.map(({ port, protocol, tls, services }) => ({
      port,
      protocol,
      ...(tls && { tls: { minVersion: "TLSv1_2", ...(tls === true ? {} : tls) } }),
      services: services.map((service) => ({
        name: service.name,
        ...(service.hosts?.length ? { hosts: [...service.hosts] } : {}),
      })),
    })),
    ...limitsOf(gateway),
  };
}
