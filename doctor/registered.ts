/** The way to an instance, as its registration has it: all but id, name, port and upstreams. Pure. */

import { type Instance, MARK, type Mesh } from "../model";
import { type AgentService, type Difference, difference } from "../nodes";

const PROXY = "connect-proxy";

/**
 * The first place where it differs from the declaration. The instance's own token may write its registration: with another
 * address, calls to the service, and the health that its callers see, are those of something else.
 */
export function restDifference(mesh: Mesh, instance: Instance, service: AgentService): Difference | undefined {
  return difference({ Meta: { [MARK]: mesh.name }, ...wanted(instance, service) }, service.Rest);
}

function wanted({ workload }: Instance, { Kind }: AgentService): Record<string, unknown> {
  if (workload.kind !== "service") {
    const clusters = workload.extraStaticClustersJson;
    return clusters === undefined ? {} : { Proxy: { Config: { envoy_extra_static_clusters_json: clusters } } };
  }
  return Kind === PROXY ? { Proxy: sidecarOf(workload) } : {};
}

function sidecarOf({ name, port, upstreams }: Extract<Instance["workload"], { kind: "service" }>) {
  return {
    DestinationServiceName: name,
    DestinationServiceID: name,
    LocalServiceAddress: "127.0.0.1",
    LocalServicePort: port,
    Upstreams: upstreams.map((one) => ({
      DestinationType: "service",
      DestinationName: one.name,
      LocalBindPort: one.localPort,
    })),
  };
}
