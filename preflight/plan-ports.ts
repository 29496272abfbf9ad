/** The ports that a deploy needs on one node. */
import { type Consul, hasEnvoy, type Instance, layout, type MeshNode, processUnitOf, type Service } from "../model";

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
  if (!hasEnvoy(workload)) return [];
  const unit = layout.sidecarUnitOf(name);
  const own: WantedPort[] =
    workload.port === undefined
      ? []
      : [{ port: workload.port, where: "loopback", unit: processUnitOf(name, workload), use: `the service ${name}` }];
  return [
    ...own,
    ...(sidecarPort ? [sidecarOf({ ...workload, name }, sidecarPort, unit)] : []),
    { port: adminPort, where: "loopback", unit, use: `the admin page of ${name}'s sidecar`, assigned: true },
    ...workload.upstreams.map((upstream) => ({
      port: upstream.localPort,
      where: "loopback" as const,
      unit,
      use: `${name}'s upstream ${upstream.name}`,
    })),
  ];
}

/** That of a service which nothing calls takes no calls of other nodes. */
function sidecarOf({ name, port: own }: Service, port: number, unit: string): WantedPort {
  const where = own === undefined ? "loopback" : "any";
  return { port, where, unit, use: `the sidecar of ${name}`, assigned: true };
}
