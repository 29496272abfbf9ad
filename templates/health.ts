/** The health check of an instance: for Consul's agent in the definition, for the node program in its document. */
import { type Instance, instanceCount, layout, type Service } from "../model";
import type { Instance as InstanceDocument } from "./node-documents";

/** The check as Consul's agent runs it, on loopback. */
export function checkTarget(service: Service, mesh: string) {
  const { health } = service;
  const server = checkedServer(service);
  const { tls = false } = health;
  return {
    http: urlOf(service) ?? null,
    header: Object.entries(health.header ?? {}),
    method: health.method ?? null,
    tcp: health.tcp ? server : null,
    grpc: health.grpc === undefined ? null : health.grpc === "" ? server : `${server}/${health.grpc}`,
    // The agent runs no program of a service: it asks the service's sandbox.
    script: health.script ? [layout.programOf(mesh), "health", "ask", layout.healthUnits.socket(service.name)] : null,
    tls: { tcp: tls && health.tcp === true, grpc: tls && health.grpc !== undefined, any: tls },
    interval: health.interval,
    timeout: health.timeout,
    successes: health.successBeforePassing ?? null,
    failures: health.failuresBeforeCritical ?? failuresBeforeCritical(service),
  };
}

const checkedServer = ({ port, health }: Service): string => `127.0.0.1:${health.port ?? port}`;

/** Seconds that the process of a service without a port has to run, where none are declared. */
const JOB_SECONDS = 5;

function healthOfJob({ startTimeout }: Service["health"]): InstanceDocument["health"] {
  const declared = startTimeout === undefined ? undefined : seconds(startTimeout);
  return {
    direct: true,
    timeoutSeconds: 1,
    steadySeconds: declared ?? JOB_SECONDS,
    // Commands before a release take longer than it has to run.
    ...(declared !== undefined && declared > LEAST_SECONDS && { startSeconds: declared }),
  };
}

/** Seconds that the commands before a release of a service may take together, whatever is declared where it has no port. */
const LEAST_SECONDS = 60;

/** `TimeoutStartSec=` of the commands before a release. */
export function timeoutBefore({ port, health }: Service): string {
  const { startTimeout = "60s" } = health;
  return port === undefined && seconds(startTimeout) < LEAST_SECONDS ? `${LEAST_SECONDS}s` : startTimeout;
}

function urlOf(service: Service): string | undefined {
  const { http, tls } = service.health;
  return http === undefined ? undefined : `${tls ? "https" : "http"}://${checkedServer(service)}${http}`;
}

/** Where a gateway's Envoy says that it is ready. */
const readyUrl = ({ adminPort }: Instance): string => `http://127.0.0.1:${adminPort}/ready`;

/** The check as the node program makes it before a release is in service. */
export function healthOf(instance: Instance): InstanceDocument["health"] {
  const { workload } = instance;
  if (workload.kind === "ingress-gateway")
    return { direct: false, url: readyUrl(instance), timeoutSeconds: 1, steadySeconds: STEADY_SECONDS };
  const { health, port } = workload;
  if (port === undefined) return healthOfJob(health);
  const url = urlOf(workload);
  return {
    direct: true,
    ...(url && { url }),
    ...(health.method && { method: health.method }),
    ...(health.header && { header: health.header }),
    ...(health.grpc !== undefined && { grpc: { server: checkedServer(workload), service: health.grpc } }),
    ...(health.script && { script: health.script, socket: layout.healthUnits.socket(instance.name) }),
    ...(health.tcp && health.port !== undefined && { tcp: checkedServer(workload) }),
    ...(health.tls && { tls: true }),
    timeoutSeconds: seconds(health.timeout),
    steadySeconds: STEADY_SECONDS,
    ...(health.startTimeout && { startSeconds: seconds(health.startTimeout) }),
  };
}

/**
 * Callers of the only instance have no other one: a check that fails once, because it met a restart of some milliseconds,
 * must not take the instance away until the next check.
 */
export function failuresBeforeCritical(service: Service): number {
  return instanceCount(service) > 1 ? 1 : 2;
}

/** A process that ended in less than this did not work. */
const STEADY_SECONDS = 1;

const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };

function seconds(duration: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(amount) * (unitSeconds[unit ?? ""] ?? Number.NaN);
}
