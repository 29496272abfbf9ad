/** The health check of an instance: for Consul's agent in the definition, for the node program in its document. */
import type { Health, Instance, Service } from "../model";
import type { Instance as InstanceDocument } from "./node-documents";

/** The check as Consul's agent runs it: against the service's port on loopback. */
export function checkTarget({ port, health }: Service) {
  const server = `127.0.0.1:${port}`;
  return {
    http: health.http === undefined ? null : `http://${server}${health.http}`,
    tcp: health.tcp ? server : null,
    grpc: health.grpc === undefined ? null : health.grpc === "" ? server : `${server}/${health.grpc}`,
    script: health.script ?? null,
    interval: health.interval,
    timeout: health.timeout,
  };
}

/** Where a gateway's Envoy says that it is ready. */
const readyUrl = ({ adminPort }: Instance): string => `http://127.0.0.1:${adminPort}/ready`;

/** The check as the node program makes it before a release is in service. */
export function healthOf(instance: Instance): InstanceDocument["health"] {
  const { workload } = instance;
  if (workload.kind === "ingress-gateway")
    return { direct: false, url: readyUrl(instance), timeoutSeconds: 1, steadySeconds: STEADY_SECONDS };
  const url = checkTarget(workload).http;
  return {
    direct: isDirect(workload.health),
    ...(url && { url }),
    timeoutSeconds: seconds(workload.health.timeout),
    steadySeconds: steadySeconds(workload),
  };
}

/**
 * Callers of the only instance have no other one: a check that fails once, because it met a restart of some milliseconds,
 * must not take the instance away until the next check.
 */
export function failuresBeforeCritical({ runsOn }: Service): number {
  return runsOn.length > 1 ? 1 : 2;
}

/** Whether the node program can ask the same as Consul's agent. */
const isDirect = ({ http, tcp }: Health): boolean => http !== undefined || tcp === true;

/** A process that ended in less than this did not work. */
const STEADY_SECONDS = 1;

/**
 * How long a process that was just started has to go on serving. The result of a check over grpc or by a script is known to
 * Consul's agent alone: then it is the time in which the agent has checked this process, and has failed it if it is broken.
 */
function steadySeconds(service: Service): number {
  const { interval, timeout } = service.health;
  if (isDirect(service.health)) return STEADY_SECONDS;
  return failuresBeforeCritical(service) * seconds(interval) + seconds(timeout);
}

const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };

function seconds(duration: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(amount) * (unitSeconds[unit ?? ""] ?? Number.NaN);
}
