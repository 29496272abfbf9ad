import { Annotations, type App } from "cdktf";
import { instanceCount, type Mesh, weakening } from "../model";
import { type Backend, LOCAL } from "./backend-settings";
import { ClusterStack } from "./cluster-stack";
import { MeshStack } from "./mesh-stack";
import type { NodePrograms } from "./uploaded-program";

export { type Backend, readBackend, runsElsewhere } from "./backend-settings";
export { keepPrivate } from "./private-files";
export { untraced } from "./untraced";
export type { NodeProgramFile, NodePrograms } from "./uploaded-program";

/** Adds the stacks of a mesh: `cluster`, unless Consul already runs, and `mesh` after it. */
export function addStacks(app: App, mesh: Mesh, programs: NodePrograms, backend: Backend = LOCAL): void {
  const cluster = mesh.consul.existing ? undefined : new ClusterStack(app, mesh, programs, backend);
  const stack = new MeshStack(app, mesh, programs, backend);
  if (cluster) stack.addDependency(cluster);

  const outage = outageOnRestart(mesh);
  if (outage) Annotations.of(stack).addInfo(outage);
  for (const opening of openings(mesh)) Annotations.of(stack).addWarning(opening);
}

/** Settings of the declaration that leave open what is locked by default. */
export function openings({ consul, services }: Pick<Mesh, "consul" | "services">): string[] {
  return [
    ...services
      .filter((service) => weakening(service).length > 0)
      .map((service) => {
        const names = weakening(service).join(", ");
        return `services.${service.name}.run.unit may weaken the sandbox of ${service.name}: ${names}`;
      }),
    ...services
      .filter(({ unitOfOthers }) => unitOfOthers !== undefined)
      .map(
        ({ name, port, unitOfOthers }) =>
          `services.${name}.run.unit: ${unitOfOthers} has no sandbox of Gatehouse's, and its port ${port} is not fenced: every program of its node may call it`,
      ),
    ...(consul.existing
      ? [
          "consul.existing is true: on a worker, whoever is not a user of this mesh's units reaches the agent and services as before, and with the agent the key of every service there",
        ]
      : []),
    ...(consul.acl
      ? []
      : ["consul.acl is false: whoever reaches an agent may register services and change intentions"]),
    ...(consul.tls
      ? []
      : ["consul.tls is false: Consul's own connections can be read, and anybody may pose as a server"]),
    ...(consul.gossipEncryption
      ? []
      : ["consul.gossipEncryption is false: anybody in the network may join the agents, and read what they tell"]),
    ...(consul.agent?.settings && Object.keys(consul.agent.settings).length > 0
      ? [`consul.agent.settings may open what Gatehouse closes: ${Object.keys(consul.agent.settings).join(", ")}`]
      : []),
    ...(consul.openDns
      ? ["consul.openDns is true: whoever reaches a server's DNS is told services and nodes, in plain text"]
      : []),
    ...(consul.wanGossip
      ? ["consul.wanGossip is true: the gossip key alone guards the servers' port for gossip between datacenters"]
      : []),
  ];
}

/** Workloads of which a replaced instance is an outage, for the reviewer of a plan. Undefined when there are none. */
export function outageOnRestart({ services, gateways }: Pick<Mesh, "services" | "gateways">): string | undefined {
  const single = [...services, ...gateways].filter((one) => instanceCount(one) === 1).map(({ name }) => name);
  if (single.length === 0) return undefined;
  const shown =
    single.length > 10 ? `${single.slice(0, 10).join(", ")} and ${single.length - 10} more` : single.join(", ");
  return `a restart of these is an outage, since each runs on one node: ${shown}`;
}
export { terraformLines, terraformLiteral, terraformString } from "./terraform-literal";
