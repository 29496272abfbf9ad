/** Names of instances. `layout.instanceName` and its like are these. */

/** Stands in no name that a person may give: so an instance never has the name of another service. */
const NUMBER = "_";

/**
 * The name of an instance on its node: of its files, units and users, and its id in Consul. The first one on a node has the name of
 * its service or gateway.
 */
export const instanceName = (workload: string, number: number): string =>
  number === 1 ? workload : `${workload}${NUMBER}${number}`;

/** Whether this is the name of a second, third, … instance on its node. */
export const isFurther = (instance: string): boolean => instance.includes(NUMBER);
