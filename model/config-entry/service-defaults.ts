/** service-defaults of a service, and its timeouts as a service-resolver. */
import { goDuration, milliseconds } from "../formats/duration";
import type { Service } from "../service";
import type { CallLimitsDeclaration, PassiveHealthCheckDeclaration, UpstreamTrafficDeclaration } from "../traffic";
import type { ConfigEntryDeclaration } from "./declared";
import type { ConfigEntry } from "./derived";

/** Consul gives these back with every proxy-defaults and service-defaults, empty where nothing was written. */
export const PROXY_PARTS = { Expose: {}, MeshGateway: {}, TransparentProxy: {} };

const NANOSECONDS = 1e6; // Consul gives durations back in nanoseconds

/**
 * An instance that fails this often in a row gets no calls for 3 seconds: it may have died, and Consul's checks need a
 * second to see that. Envoy does the same by default, but never to more than a tenth of the instances. Not to more than
 * half here, so that a service whose instances all answer with errors is still called.
 */
const PASSIVE_HEALTH_CHECK = { interval: "1s", maxFailures: 3, maxEjectionPercent: 50, baseEjectionTime: "3s" };

/** As Consul has it. */
export function passiveHealthCheck(declared: PassiveHealthCheckDeclaration = {}): object {
  const { interval, maxFailures, maxEjectionPercent, baseEjectionTime } = { ...PASSIVE_HEALTH_CHECK, ...declared };
  return {
    Interval: milliseconds(interval)! * NANOSECONDS,
    MaxFailures: maxFailures,
    MaxEjectionPercent: maxEjectionPercent,
    BaseEjectionTime: milliseconds(baseEjectionTime)! * NANOSECONDS,
  };
}

export function serviceDefaults({ name, protocol, timeouts, limits = {}, calls = {} }: Service): ConfigEntry {
  const { maxInboundConnections, ...outbound } = limits;
  const overrides = Object.entries(calls).map(([upstream, call]) => override(upstream, call, outbound));
  const config = {
    Protocol: protocol,
    ...PROXY_PARTS,
    ...(maxInboundConnections !== undefined && { MaxInboundConnections: maxInboundConnections }),
    // Without it the service's own sidecar would end a call after Envoy's 15 s.
    ...(timeouts?.request !== undefined && { LocalRequestTimeoutMs: milliseconds(timeouts.request) }),
    UpstreamConfig: {
      // `Peer` and `MeshGateway` since Consul gives them back.
      Defaults: { Peer: "", PassiveHealthCheck: passiveHealthCheck(), MeshGateway: {}, ...limitsIn(outbound) },
      ...(overrides.length > 0 && { Overrides: overrides }),
    },
  };
  return { kind: "service-defaults", name, config };
}

function override(name: string, call: UpstreamTrafficDeclaration, limits: CallLimitsDeclaration): object {
  return {
    Name: name,
    Peer: "",
    PassiveHealthCheck: passiveHealthCheck(call.passiveHealthCheck),
    MeshGateway: {},
    ...(call.timeouts?.connect !== undefined && { ConnectTimeoutMs: milliseconds(call.timeouts.connect) }),
    ...limitsIn({ ...limits, ...call.limits }),
  };
}

function limitsIn({ maxConnections, maxPendingRequests, maxConcurrentRequests }: CallLimitsDeclaration): object {
  const Limits = {
    ...(maxConnections !== undefined && { MaxConnections: maxConnections }),
    ...(maxPendingRequests !== undefined && { MaxPendingRequests: maxPendingRequests }),
    ...(maxConcurrentRequests !== undefined && { MaxConcurrentRequests: maxConcurrentRequests }),
  };
  return Object.keys(Limits).length > 0 ? { Limits } : {};
}

/** The declared entries, with the timeouts of services in a service-resolver each: in the declared one, where there is one. */
export function withTimeouts(
  services: readonly Service[],
  declared: readonly ConfigEntryDeclaration[],
): ConfigEntryDeclaration[] {
  const timeouts = new Map(services.flatMap(({ name, timeouts }) => (timeouts ? [[name, fieldsOf(timeouts)]] : [])));
  const isResolver = ({ kind, name }: ConfigEntryDeclaration) => kind === "service-resolver" && timeouts.has(name);
  const there = new Set(declared.filter(isResolver).map(({ name }) => name));
  return [
    ...declared.map((entry) => (isResolver(entry) ? { ...entry, ...timeouts.get(entry.name) } : entry)),
    ...[...timeouts]
      .filter(([name]) => !there.has(name))
      .map(([name, fields]) => ({ kind: "service-resolver" as const, name, ...fields })),
  ];
}

const fieldsOf = ({ connect, request }: NonNullable<Service["timeouts"]>) => ({
  ...(connect !== undefined && { connectTimeout: goDuration(milliseconds(connect)!) }),
  ...(request !== undefined && { requestTimeout: goDuration(milliseconds(request)!) }),
});
