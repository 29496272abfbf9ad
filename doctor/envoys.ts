/** Compares the admin pages of a node's Envoys with the declaration. */

import { hasEnvoy, type Instance, type Mesh } from "../model";
import type { EnvoyReport, NodeReport } from "../nodes";
import { about, drift, Layer, type Symptom } from "./causes";
import { needs, reachOf } from "./reach";

/** Consul renews a certificate long before this share of its life is left. */
const LEAST_LIFE = 0.1;

/** `now` in milliseconds. */
export function compareEnvoys(mesh: Mesh, instances: Instance[], report: NodeReport, now: number): Symptom[] {
  const meshed = instances.filter(({ workload }) => hasEnvoy(workload));
  return meshed.flatMap((instance) => {
    const { name: instanceName, workload, node } = instance;
    const envoy = report.envoys.find(({ name }) => name === instanceName);
    const own = [about.instance(instanceName, node.name), about.entry(workload.name), about.anyEntry];
    const finding = (expected: string, found: string, concerns = own) =>
      drift(
        Layer.Runs,
        { on: node.name, what: `Envoy of ${instanceName}` },
        {
          expected,
          found,
          concerns,
          remedy: `on ${node.name}: mesh config ${instanceName}`,
        },
      );
    if (envoy?.ready !== "LIVE") return [finding("LIVE", envoy?.ready || "no answer from its admin page")];
    const [first] = [
      ...listeners(instance, envoy).map((what) => finding(`the listener ${what}`, named(envoy.listeners))),
      ...clusters(mesh, instance, envoy).map(([to, found]) =>
        finding(`a healthy endpoint of ${to}`, found, [...own, ...needs(mesh, [to])]),
      ),
      ...certificates(envoy, now).map((found) => finding("certificates that are renewed in time", found)),
    ];
    return first ? [first] : [];
  });
}

const named = (listeners: EnvoyReport["listeners"]): string =>
  listeners.map(({ name }) => name).join(", ") || "no listener";

function listeners({ workload, sidecarPort }: Instance, envoy: EnvoyReport): string[] {
  const wanted: [string, number][] =
    workload.kind === "service"
      ? [
          ["public_listener", sidecarPort ?? 0],
          ...workload.upstreams.map(({ name, localPort }): [string, number] => [name, localPort]),
        ]
      : workload.listeners.map(({ port, protocol }): [string, number] => [protocol, port]);
  const ports = new Set(envoy.listeners.map(({ port }) => port));
  return wanted.filter(([, port]) => !ports.has(port)).map(([name, port]) => `${name} :${port}`);
}

/** Upstreams without an endpoint that passes its checks. Clusters are named after the service, subset first. */
function clusters(mesh: Mesh, { workload }: Instance, envoy: EnvoyReport): [string, string][] {
  if (workload.kind !== "service") return [];
  return workload.upstreams.flatMap(({ name }): [string, string][] => {
    const to = [...reachOf(mesh, name)];
    const found = envoy.clusters.filter((cluster) => to.some((one) => isOf(one, cluster.name)));
    if (found.some(({ healthy }) => healthy > 0)) return [];
    return [[name, found.length > 0 ? "none" : "no cluster of that name"]];
  });
}

function isOf(service: string, cluster: string): boolean {
  const end = `${service}.default.`;
  return cluster.startsWith(end) || cluster.includes(`.${end}`) || cluster.includes(`~${end}`);
}

function certificates(envoy: EnvoyReport, now: number): string[] {
  return envoy.certificates.flatMap(({ from, to }) => {
    const [begin, end] = [Date.parse(from), Date.parse(to)];
    if ((end - now) / (end - begin) >= LEAST_LIFE) return [];
    return [end <= now ? `one that expired at ${to}` : `one that expires at ${to}, ${hours(end - now)} from now`];
  });
}

const hours = (milliseconds: number): string => `${(milliseconds / 3_600_000).toFixed(1)} h`;
