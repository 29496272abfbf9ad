/** The way to an instance, as its registration has it: all but id, name, port and upstreams. Pure. */

import { type Instance, labelsOf, MARK, type Mesh } from "../model";
import { type AgentService, type Difference, difference } from "../nodes";

const PROXY = "connect-proxy";

/**
 * The first place where it differs from the declaration. The instance's own token may write its registration: with another
 * address, calls to the service, and the health that its callers see, are those of something else.
 */
export function restDifference(mesh: Mesh, instance: Instance, service: AgentService): Difference | undefined {
  const { Proxy: proxy, ...rest } = service.Rest;
  const expected = { ...labels(mesh, instance), ...wanted(instance, service) };
  return difference(expected, isObject(proxy) ? { ...rest, Proxy: ownPart(proxy) } : rest);
}

/**
 * The fields of a Proxy that only its registration can have. Consul's agent adds the rest from `service-defaults`, which are compared
 * as what they are; gatehouse-node has left out those of `proxy-defaults`.
 */
const OWN = [
  ...["DestinationServiceName", "DestinationServiceID", "Expose"],
  ...["LocalServiceAddress", "LocalServicePort", "LocalServiceSocketPath"],
];
const OWN_OF_UPSTREAM = [
  ...["DestinationType", "DestinationName", "DestinationNamespace", "DestinationPartition", "DestinationPeer"],
  ...["Datacenter", "LocalBindAddress", "LocalBindPort", "LocalBindSocketPath", "LocalBindSocketMode"],
];

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const pick = (from: Fields, keys: string[]): Fields => Object.fromEntries(keys.map((key) => [key, from[key]]));

function ownPart(proxy: Fields): Fields {
  const upstreams = Array.isArray(proxy.Upstreams) ? proxy.Upstreams.filter(isObject) : [];
  return {
    ...pick(proxy, OWN),
    Config: texts(proxy.Config),
    Upstreams: upstreams.map((one) => ({ ...pick(one, OWN_OF_UPSTREAM), Config: texts(one.Config) })),
  };
}

/** Settings that are written into Envoy's configuration as they are: `envoy_public_listener_json` and its like. */
const texts = (config: unknown): Fields =>
  Object.fromEntries(Object.entries(config ?? {}).filter(([key]) => key.startsWith("envoy_")));

function labels({ name }: Mesh, { workload, node }: Instance): Record<string, unknown> {
  if (workload.kind !== "service") return { Meta: { [MARK]: name } };
  const { meta, tags } = labelsOf(workload, node.name);
  return { Meta: { [MARK]: name, ...meta }, ...(tags.length > 0 && { Tags: tags }) };
}

function wanted({ name, workload }: Instance, { Kind }: AgentService): Record<string, unknown> {
  if (workload.kind !== "service") {
    const clusters = workload.extraStaticClustersJson;
    return clusters === undefined ? {} : { Proxy: { Config: { envoy_extra_static_clusters_json: clusters } } };
  }
  return Kind === PROXY ? { Proxy: sidecarOf(name, workload) } : {};
}

function sidecarOf(id: string, { name, port, upstreams }: Extract<Instance["workload"], { kind: "service" }>) {
  return {
    DestinationServiceName: name,
    DestinationServiceID: id,
    LocalServiceAddress: "127.0.0.1",
    LocalServicePort: port ?? 0,
    Upstreams: upstreams.map((one) => ({
      DestinationType: "service",
      DestinationName: one.name,
      LocalBindPort: one.localPort,
    })),
  };
}
