/** Ports of Consul's agents, and the first of those of instances: a part of `layout.ts`, which exports it. */
import type { MeshNode } from "./node";

/** Consul's ports. https://developer.hashicorp.com/consul/docs/reference/architecture/ports */
export const consulPorts = {
  serverRpc: 8300,
  lanGossip: 8301,
  wanGossip: 8302,
  http: 8500,
  https: 8501,
  grpc: 8502,
  grpcTls: 8503,
  dns: 8600,
} as const;

/** The ports of an agent that Gatehouse sets up, as `templates/consul/agent.hcl` has them. */
export function agentPorts(role: MeshNode["role"], { tls, wanGossip }: { tls: boolean; wanGossip: boolean }): number[] {
  const { serverRpc, lanGossip, http, https, grpc, grpcTls, dns } = consulPorts;
  const wan = wanGossip ? [consulPorts.wanGossip] : [];
  const servers = role === "server" ? [serverRpc, ...wan, tls ? https : grpcTls] : [];
  return [...servers, lanGossip, http, tls ? grpcTls : grpc, dns];
}

/** First ports of the ranges for instances. Consul's own default range for sidecars begins at 21000 too. */
export const firstPorts = { admin: 19_000, sidecars: 21_000 } as const;
