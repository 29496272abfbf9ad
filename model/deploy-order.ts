/** The order in which services are deployed: a service before its callers. */
import { components } from "./graph";

interface Caller {
  name: string;
  upstreams: readonly { name: string }[];
}

/** One service's place in the order. */
export interface DeployStep {
  name: string;
  /** Upstreams that are deployed first. Those in one cycle with this service are left out: services of a cycle do not wait for one another. */
  deployAfter: string[];
}

/** Upstreams before callers; services of one cycle are next to one another, in the order of the declaration. */
export function deployOrder(services: readonly Caller[]): DeployStep[] {
  const position = new Map(services.map((service, index) => [service.name, index]));
  const edges = services.map(({ upstreams }) =>
    upstreams.map((upstream) => position.get(upstream.name)).filter((index) => index !== undefined),
  );
  const groups = components(edges);
  const groupOf = new Int32Array(services.length);
  groups.forEach((group, number) => {
    for (const member of group) groupOf[member] = number;
  });
  return groups.flat().map((member) => ({
    name: services[member]!.name,
    deployAfter: edges[member]!.filter((index) => groupOf[index] !== groupOf[member]).map(
      (index) => services[index]!.name,
    ),
  }));
}
