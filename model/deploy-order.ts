/** The order in which services are deployed: a service before its callers. */
import { components } from "./graph";

interface Caller {
  name: string;
  upstreams: readonly { name: string }[];
  /** The service whose process serves this one, too. */
  sameProcessAs?: string;
}

/** One service's place in the order. */
export interface DeployStep {
  name: string;
  /** Services that are deployed first: the one of the same process, and upstreams. Those in one cycle with this service are left out: services of a cycle do not wait for one another. */
  deployAfter: string[];
}

/** Upstreams before callers; services of one cycle are next to one another, in the order of the declaration. */
export function deployOrder(services: readonly Caller[]): DeployStep[] {
  const position = new Map(services.map((service, index) => [service.name, index]));
  const edges = services.map(({ upstreams, sameProcessAs }) => {
    const names = new Set([
      ...upstreams.map(({ name }) => name),
      ...(sameProcessAs === undefined ? [] : [sameProcessAs]),
    ]);
    return [...names].map((name) => position.get(name)).filter((index) => index !== undefined);
  });
  const groups = components(edges);
  const groupOf = new Int32Array(services.length);
  groups.forEach((group, number) => {
    for (const member of group) groupOf[member] = number;
  });
  // In a cycle too, a process is there before its other ports: such a service is named by none in turn.
  const processesFirst = (group: readonly number[]) =>
    [...group].sort((one, other) => Number(shares(services[one]!)) - Number(shares(services[other]!)));
  const isBefore = (member: number, index: number) =>
    groupOf[index] !== groupOf[member] || services[member]!.sameProcessAs === services[index]!.name;
  return groups.flatMap(processesFirst).map((member) => ({
    name: services[member]!.name,
    deployAfter: edges[member]!.filter((index) => isBefore(member, index)).map((index) => services[index]!.name),
  }));
}

const shares = ({ sameProcessAs }: Caller): boolean => sameProcessAs !== undefined;
