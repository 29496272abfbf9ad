/** The ports that a deploy needs on one node. */
import { type Consul, type Instance, layout, type MeshNode } from "../model";

export interface WantedPort {
  port: number;
  /** Whether it is taken by a listener on another address than 127.0.0.1. */
  where: "loopback" | "any";
  /** The unit that is going to hold it. */
  unit: string;
  /** Its purpose: "the service frontend". */
  use: string;
  /** Out of the mesh's ranges of ports, and not declared by itself. */
  assigned?: true;
}

export function agentPorts(node: MeshNode, consul: Consul): WantedPort[] {
  const agent = { where: "any" as const, unit: layout.consulUnit, use: "Consul's agent" };
  return layout.agentPorts(node.role, consul).map((port) => ({ port, ...agent }));
}

export function portsOf(instance: Instance): WantedPort[] {
  const { name, workload, adminPort, sidecarPort } = instance;
  if (workload.kind === "ingress-gateway") {
    const unit = layout.unitOf(name);
    return [
      { port: adminPort, where: "loopback", unit, use: `the admin page of the gateway ${name}`, assigned: true },
      // The routes' probes ask on 127.0.0.1, so another listener there is in the way too.
      ...workload.listeners.map(({ port }) => ({ port, where: "any" as const, unit, use: `the gateway ${name}` })),
    ];
  }
  const unit = layout.sidecarUnitOf(name);
  return [
    { port: workload.port, where: "loopback", unit: layout.unitOf(name), use: `the service ${name}` },
    ...(sidecarPort ? [sidecarOf(name, sidecarPort, unit)] : []),
    { port: adminPort, where: "loopback", unit, use: `the admin page of ${name}'s sidecar`, assigned: true },
    ...workload.upstreams.map((upstream) => ({
      port: upstream.localPort,
      where: "loopback" as const,
      unit,
      use: `${name}'s upstream ${upstream.name}`,
    })),
  ];
}

function sidecarOf(name: string, port: number, unit: string): WantedPort {
  return { port, where: "any", unit, use: `the sidecar of ${name}`, assigned: true };
}
