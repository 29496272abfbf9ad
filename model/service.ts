/** A service: where it runs, how it speaks, and which services it calls. */
import { z } from "zod";
import { field, port } from "./checking/fields";
import type { Problems } from "./checking/problem";
import type { View } from "./checking/view";
import type { Files } from "./files";
import type { Gateway } from "./gateway";
import {
  type Health,
  type HealthDeclaration,
  healthSchema,
  type JobHealthDeclaration,
  resolveHealth,
  resolveJobHealth,
} from "./health";
import { uncallable } from "./job";
import { type CpuShare, type Limits, limitsOf, limitsSchema, type Memory } from "./limits";
import {
  type Labelled,
  type LabelsDeclaration,
  labelsSchema,
  nodeOf,
  type PlacementDeclaration,
  placementsSchema,
  resolveLabels,
} from "./placement";
import { type Run, type RunDeclaration, resolveRun, runSchema } from "./run";
import { resolveSeveral, type Several } from "./several";
import {
  resolveTraffic,
  type ServiceLimitsDeclaration,
  type TimeoutsDeclaration,
  type Traffic,
  trafficSchema,
  type UpstreamTrafficDeclaration,
  upstreamTrafficSchema,
} from "./traffic";

/** How a service speaks. Consul: service-defaults `Protocol`. */
export type Protocol = "http" | "http2" | "grpc" | "tcp";

/** A program with a sidecar, on one or several nodes. */
export interface ServiceDeclaration extends LabelsDeclaration {
  /** Worker nodes, one instance each or `instances`, rolled in this order; with labels of those instances where they have some. */
  runsOn: (string | PlacementDeclaration)[];
  /**
   * TCP port on 127.0.0.1 at which the program listens; with several instances on a node, that of the first one there. @default none:
   * nothing calls the service, like a queue worker. With upstreams it has a sidecar for them; without, it is a unit alone, which Consul
   * does not know
   */
  port?: number;
  /** How it is called: with a `port`, it has to be said. @default without a port: "tcp" */
  protocol?: Protocol;
  run: RunDeclaration;
  /** The service's process is ended when it takes more than this, and started again. systemd: `MemoryMax`. @default no limit */
  memoryMax?: Memory;
  /** The service's process gets no more than this. systemd: `CPUQuota`. @default no limit */
  cpuQuota?: CpuShare;
  /** Without a port, `startTimeout` alone. @default a TCP check of `port` every 2s with a timeout of 1s */
  health?: HealthDeclaration | JobHealthDeclaration;
  /** Services that this one calls, by name. @default none */
  upstreams?: Record<string, UpstreamDeclaration>;
  /** How long its callers wait. @default Envoy's: 5 s for a connection, 15 s for a request */
  timeouts?: TimeoutsDeclaration;
  /** How many calls there may be at once. @default Envoy's: 1024 to each upstream */
  limits?: ServiceLimitsDeclaration;
}

/** A service that another one calls. */
export interface UpstreamDeclaration extends UpstreamTrafficDeclaration {
  /** Port on 127.0.0.1 at which the caller finds the upstream; with several instances on a node, the first one there. */
  localPort: number;
}

/** A service of the checked mesh. */
export interface Service extends Run, Limits, Labelled, Several, Traffic {
  kind: "service";
  name: string;
  runsOn: string[];
  /** Undefined where nothing calls it. */
  port?: number;
  protocol: Protocol;
  health: Health;
  upstreams: { name: string; localPort: number }[];
  /** Services whose instances are deployed first: upstreams, and the one of the same process. Services in one cycle of upstreams do not wait for one another. */
  deployAfter: string[];
}

/** Whether a service or gateway has an Envoy: it is called, or calls others. Without one, Consul does not know it. */
export const hasEnvoy = (workload: Service | Gateway): boolean =>
  workload.kind !== "service" || workload.port !== undefined || workload.upstreams.length > 0;

export const PROTOCOLS = ["http", "http2", "grpc", "tcp"] as const;

export const protocolSchema = field(z.enum(PROTOCOLS), "write `http`, `http2`, `grpc` or `tcp`");

const upstreamSchema = z.strictObject({
  localPort: port("choose a free port at which the caller finds the upstream on 127.0.0.1, for example 5000"),
  ...upstreamTrafficSchema,
});

export const serviceSchema = z.strictObject({
  runsOn: placementsSchema,
  port: port("write the port at which the program listens on 127.0.0.1, for example 9001").optional(),
  protocol: protocolSchema.optional(),
  run: field(runSchema, 'say what to run, for example `run: { binary: "bin/web" }`'),
  health: field(
    healthSchema,
    "write one of `http`, `tcp`, `grpc` or `script`, or leave it out for a TCP check",
  ).optional(),
  upstreams: field(
    z.record(z.string(), field(upstreamSchema, "write `{ localPort: 5000 }`")),
    "write `{ <service>: { localPort: 5000 } }`",
  ).optional(),
  ...trafficSchema,
  ...labelsSchema,
  ...limitsSchema,
});

/** Upstreams are other declared services, of this mesh or of others. */
export function checkUpstreams(view: View, problems: Problems): void {
  for (const [name, { upstreams }] of view.services.entries) {
    for (const [upstream, value] of Object.entries(upstreams ?? {})) {
      const fault = upstreamFault(name, upstream, view);
      if (fault) problems.add(["services", name, "upstreams", upstream], value ?? upstream, fault);
    }
  }
}

function upstreamFault(caller: string, upstream: string, { callable, services, gateways }: View) {
  if (upstream === caller) {
    return {
      reason: "a service cannot be its own upstream: it reaches itself without the mesh",
      remedy: "remove it, or name the service that is meant",
    };
  }
  if (callable.has(upstream)) return uncallable(upstream, services);
  if (gateways.has(upstream)) {
    return {
      reason: `\`${upstream}\` is a gateway, which lets calls in and takes none from services`,
      remedy: "name the service behind it",
    };
  }
  return callable.unknown(upstream, "service");
}

export function upstreamsOf(service: ServiceDeclaration): Service["upstreams"] {
  return Object.entries(service.upstreams ?? {}).map(([name, { localPort }]) => ({ name, localPort }));
}

export function resolveService(
  name: string,
  service: ServiceDeclaration,
  deployAfter: string[],
  files: Files,
): Service {
  const { runsOn, port, protocol = "tcp", run, health } = service;
  return {
    kind: "service",
    name,
    runsOn: runsOn.map(nodeOf),
    ...resolveLabels(service, runsOn),
    ...resolveSeveral(runsOn),
    ...(port !== undefined && { port }),
    protocol,
    ...resolveRun(run, files),
    health: port === undefined ? resolveJobHealth(health) : resolveHealth(health),
    upstreams: upstreamsOf(service),
    deployAfter,
    ...limitsOf(service),
    ...resolveTraffic(service),
  };
}
