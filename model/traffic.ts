/** How long calls of a service may take, and how many there may be at once. */
import { z } from "zod";
import { count, field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import { timeoutFault } from "./formats/duration";
import type { ServiceDeclaration } from "./service";

/** How long a connection may take. */
export interface ConnectTimeoutDeclaration {
  /** From a caller's sidecar to an instance of the service. Consul: `ConnectTimeout`. @default "5s" */
  connect?: string;
}

/** For those who call the service. */
export interface TimeoutsDeclaration extends ConnectTimeoutDeclaration {
  /**
   * A whole call, from its beginning to the end of the answer; not for tcp. Longer streams and downloads are cut off. A route of a
   * `service-router` may have another one. Consul: the resolver's `RequestTimeout`, and `LocalRequestTimeoutMs`. @default "15s", which is Envoy's
   */
  request?: string;
}

/** For each upstream by itself, and each sidecar. A call above a limit is answered with 503 at once. */
export interface CallLimitsDeclaration {
  /** Connections, of HTTP/1.1 and tcp. Consul: `MaxConnections`. @default 1024, which is Envoy's */
  maxConnections?: number;
  /** Calls that wait for a connection. Consul: `MaxPendingRequests`. @default 1024 */
  maxPendingRequests?: number;
  /** Calls under way, of HTTP/2 and gRPC. Consul: `MaxConcurrentRequests`. @default 1024 */
  maxConcurrentRequests?: number;
}

/** For the calls of a service to its upstreams, and the calls that it takes. */
export interface ServiceLimitsDeclaration extends CallLimitsDeclaration {
  /** Connections that each instance's sidecar takes at once. Consul: `MaxInboundConnections`. @default no limit */
  maxInboundConnections?: number;
}

/** An instance that fails so often gets no calls for a while: `PassiveHealthCheck` in Consul. */
export interface PassiveHealthCheckDeclaration {
  /** How often Envoy looks. @default "1s" */
  interval?: string;
  /** Failures in a row: no connection, or an answer of 500 and above. @default 3 */
  maxFailures?: number;
  /** The most instances that get no calls at a time, in percent. @default 50 */
  maxEjectionPercent?: number;
  /** How long the first time; as often again each further time. @default "3s" */
  baseEjectionTime?: string;
}

/** How a service calls one of its upstreams, where that differs from how it calls the others. */
export interface UpstreamTrafficDeclaration {
  /** @default the upstream's own `timeouts` */
  timeouts?: ConnectTimeoutDeclaration;
  /** @default the `limits` of the service that calls */
  limits?: CallLimitsDeclaration;
  passiveHealthCheck?: PassiveHealthCheckDeclaration;
}

/** The same of a service in the checked mesh; what is not declared is not there. */
export interface Traffic {
  timeouts?: TimeoutsDeclaration;
  limits?: ServiceLimitsDeclaration;
  /** By the upstream's name; only those that have something of their own. */
  calls?: Record<string, UpstreamTrafficDeclaration>;
}

const timeout = text("write a length of time, for example `60s`", timeoutFault).optional();
const amount = count(1, 2_147_483_647).optional();
const percent = count(1, 100).optional();

const callLimits = { maxConnections: amount, maxPendingRequests: amount, maxConcurrentRequests: amount };

/** Fields of a service. */
export const trafficSchema = {
  timeouts: field(z.strictObject({ connect: timeout, request: timeout }), 'write `{ request: "60s" }`').optional(),
  limits: field(
    z.strictObject({ ...callLimits, maxInboundConnections: amount }),
    "write `{ maxConnections: 4096 }`",
  ).optional(),
};

/** Fields of an upstream. */
export const upstreamTrafficSchema = {
  timeouts: field(z.strictObject({ connect: timeout }), 'write `{ connect: "2s" }`').optional(),
  limits: field(z.strictObject(callLimits), "write `{ maxConnections: 4096 }`").optional(),
  passiveHealthCheck: field(
    z.strictObject({ interval: timeout, maxFailures: amount, maxEjectionPercent: percent, baseEjectionTime: timeout }),
    "write `{ maxFailures: 5 }`",
  ).optional(),
};

/** Each has calls that it is about, and is said in one place. */
export function checkTraffic(view: View, problems: Problems): void {
  for (const [name, service] of view.services.entries) {
    const path = ["services", name];
    checkInbound(service, path, problems);
    checkOutbound(service, path, problems);
    checkResolver(name, service, view, problems);
  }
}

function checkInbound(service: Sound<ServiceDeclaration>, path: Path, problems: Problems): void {
  const { timeouts, limits, protocol } = service;
  if (!Object.hasOwn(service, "port") && !hasBroken(service)) {
    const uncalled = { reason: "the service has no port, so nothing calls it", remedy: "remove it" };
    if (timeouts !== undefined) problems.add([...path, "timeouts"], timeouts, uncalled);
    if (limits?.maxInboundConnections !== undefined)
      problems.add([...path, "limits", "maxInboundConnections"], limits.maxInboundConnections, uncalled);
    return;
  }
  if (protocol !== "tcp" || timeouts?.request === undefined) return;
  problems.add([...path, "timeouts", "request"], timeouts.request, {
    reason: "the service speaks tcp, where Envoy sees connections and no requests",
    remedy: "remove it, or write another `protocol`",
  });
}

function checkOutbound(service: Sound<ServiceDeclaration>, path: Path, problems: Problems): void {
  if (isBroken(service, "upstreams") || Object.keys(service.upstreams ?? {}).length > 0) return;
  for (const limit of Object.keys(callLimits) as (keyof CallLimitsDeclaration)[]) {
    const value = service.limits?.[limit];
    if (value === undefined) continue;
    problems.add([...path, "limits", limit], value, {
      reason: "it is about calls to upstreams, and the service has none",
      remedy: "remove it; `maxInboundConnections` is for those who call the service",
    });
  }
}

/** A resolver may be declared for another reason, and has the service's timeouts then. */
function checkResolver(name: string, { timeouts }: Sound<ServiceDeclaration>, view: View, problems: Problems): void {
  const found = view.configEntries.find(({ value }) => value.kind === "service-resolver" && value.name === name);
  if (!found || !timeouts) return;
  const entry = found.value as Record<string, unknown>;
  const at = `configEntries[${found.index}]`;
  for (const key of ["connect", "request"] as const) {
    if (timeouts[key] === undefined) continue;
    const said = entry[`${key}Timeout`] === undefined ? undefined : `${at}.${key}Timeout says the same`;
    const reason = said ?? (entry.redirect === undefined ? undefined : `${at} sends every call elsewhere`);
    if (reason)
      problems.add(["services", name, "timeouts", key], timeouts[key], { reason, remedy: "keep one of the two" });
  }
}

export function resolveTraffic({ timeouts, limits, upstreams = {} }: ServiceDeclaration): Traffic {
  const own = Object.entries(upstreams).map(([name, { localPort: _, ...rest }]) => [name, rest] as const);
  const calls = Object.fromEntries(own.filter(([, rest]) => Object.keys(rest).length > 0));
  return {
    ...(timeouts && Object.keys(timeouts).length > 0 && { timeouts }),
    ...(limits && { limits }),
    ...(Object.keys(calls).length > 0 && { calls }),
  };
}
