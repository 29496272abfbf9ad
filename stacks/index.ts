import type { App } from "cdktf";
import type { Mesh } from "../model";
import { ClusterStack } from "./cluster-stack";
import { MeshStack } from "./mesh-stack";

/** Adds the stacks of a mesh: `cluster`, unless Consul already runs, and `mesh` after it. */
export function addStacks(app: App, mesh: Mesh): void {
  const cluster = mesh.consul.existing ? undefined : new ClusterStack(app, mesh);
  const stack = new MeshStack(app, mesh);
  if (cluster) stack.addDependency(cluster);
}
