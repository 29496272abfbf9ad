/** Whether the nodes know a mesh of which this checkout has no state: a deploy would make everything a second time. Pure. */

import { type Finding, HERE } from "../findings";
import type { Facts } from "../nodes";
import type { Look } from "./judge";

/** Whether each stack has a state here. Undefined where states are elsewhere. */
export type States = Partial<Record<"cluster" | "mesh", boolean>>;

export function judgeState(looks: Look[], states: States): Finding[] {
  const known = (meshes: (facts: Facts) => string[]) =>
    looks.filter(({ plan, facts }) => meshes(facts).includes(plan.mesh)).map(({ plan }) => plan.node.name);
  const agents = looks.some(({ plan }) => !plan.existing) ? known(({ agentMesh }) => [agentMesh]) : [];
  const workloads = known(({ meshes }) => meshes.map(({ name }) => name));
  return [...lost("cluster", states.cluster, agents), ...lost("mesh", states.mesh, workloads)];
}

function lost(stack: string, state: boolean | undefined, nodes: string[]): Finding[] {
  if (state !== false || nodes.length === 0) return [];
  return [
    {
      severity: "problem",
      where: { on: HERE, what: `state of ${stack}` },
      found: `there is none here, and this mesh was deployed to ${nodes.join(", ")}`,
      why: "Terraform would make everything a second time: another set of tokens, and policies that Consul refuses",
      remedy:
        "deploy from where the state is, or bring a copy of the last one back; if it is lost: npm run state -- recover (docs/recovery.md)",
    },
  ];
}
