import { Annotations, type App } from "cdktf";
import type { Mesh } from "../model";
import { ClusterStack } from "./cluster-stack";
import { MeshStack } from "./mesh-stack";

export { untraced } from "./untraced";

/** Adds the stacks of a mesh: `cluster`, unless Consul already runs, and `mesh` after it. */
export function addStacks(app: App, mesh: Mesh): void {
  const cluster = mesh.consul.existing ? undefined : new ClusterStack(app, mesh);
  const stack = new MeshStack(app, mesh);
  if (cluster) stack.addDependency(cluster);

  const outage = outageOnRestart(mesh);
  if (outage) Annotations.of(stack).addInfo(outage);
}

/** What a reviewer of a plan should know: a replaced instance among these is an outage. Undefined when none is. */
export function outageOnRestart({ services, gateways }: Pick<Mesh, "services" | "gateways">): string | undefined {
  const single = [...services, ...gateways].filter(({ runsOn }) => runsOn.length === 1).map(({ name }) => name);
  if (single.length === 0) return undefined;
  const shown =
    single.length > 10 ? `${single.slice(0, 10).join(", ")} and ${single.length - 10} more` : single.join(", ");
  return `a restart of these is an outage, since each runs on one node: ${shown}`;
}
