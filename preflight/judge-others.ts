/** Other meshes on the nodes and in the catalogue: what is theirs stays theirs. Pure. */

import { type Finding, HERE, problem } from "../findings";
import type { Mesh } from "../model";
import type { Facts } from "../nodes";
import type { Look } from "./judge";
import type { Plan } from "./plan";

/** A service or gateway of another mesh in Consul's catalogue. */
export interface OthersService {
  name: string;
  mesh: string;
  node: string;
}

/** Names, records and agents of other meshes on a node that this mesh needs too. */
export function judgeOthers(plan: Plan, facts: Facts): Finding[] {
  const earlier = facts.meshes.find((one) => one.earlier && one.name !== plan.mesh);
  if (earlier) return [earlierVersion(plan, earlier.name)];
  return [...judgeTheirAgent(plan, facts), ...judgeRetired(plan, facts), ...judgeTheirNames(plan, facts)];
}

/** An earlier version knows of one mesh on a node: its next sweep would take the rest for its own. */
function earlierVersion({ mesh, node }: Plan, other: string): Finding {
  return problem(node.name, "mesh", {
    found: `mesh ${other} has it for itself: an earlier version of Gatehouse deployed that`,
    why: `that version would remove what ${mesh} puts there`,
    remedy: `deploy ${other} with this version of Gatehouse first, then they share the node; if ${other} was only renamed to ${mesh}, name it ${other} again`,
  });
}

function judgeTheirAgent({ mesh, node, ownAgent }: Plan, { agentMesh, meshes }: Facts): Finding[] {
  if (!ownAgent || agentMesh === mesh) return [];
  const others = meshes.filter(({ name }) => name !== mesh).map(({ name }) => name);
  if (agentMesh === "" && others.length === 0) return [];
  return [
    problem(node.name, "mesh", {
      found: agentMesh
        ? `mesh ${agentMesh} set up its Consul agent`
        : `mesh ${others.join(", ")} uses its Consul agent`,
      why: "a node has one agent, and this deploy would set up another in its place",
      remedy: `where Consul already runs on every node, write existing: true under consul in ${mesh}`,
    }),
  ];
}

/** Retiring a node takes the agent away, which others need. */
function judgeRetired({ mesh, node, hasCluster }: Plan, { agentMesh, meshes }: Facts): Finding[] {
  const others = meshes.filter(({ name }) => name !== mesh).map(({ name }) => name);
  if (!node.retired || !hasCluster || agentMesh !== mesh || others.length === 0) return [];
  return [
    problem(node.name, "mesh", {
      found: `retired in ${mesh}, and mesh ${others.join(", ")} is on it too`,
      why: `its Consul agent is of ${mesh} and would go`,
      remedy: `retire ${node.name} in ${others.join(", ")} first, and deploy that`,
    }),
  ];
}

function judgeTheirNames({ mesh, node, instances }: Plan, { owners }: Facts): Finding[] {
  return instances
    .filter((name) => isTheirs(owners[name], mesh))
    .map((name) =>
      problem(node.name, name, {
        found: `${name} is there, of mesh ${owners[name]}`,
        why: `its unit, its definition and its name in Consul are of ${owners[name]}`,
        remedy: `give it another name in ${mesh}, or take it out of ${owners[name]} first`,
      }),
    );
}

export const isTheirs = (owner: string | undefined, mesh: string): boolean => !!owner && owner !== mesh;

/** The earlier name of the mesh, when every look says that this is nothing but another name. */
export function renamedFrom(looks: Look[]): string | undefined {
  const olds = new Set(looks.flatMap(({ facts, plan }) => otherNames(facts, plan.mesh)));
  const [old] = olds;
  if (old === undefined || olds.size > 1) return undefined;
  if (looks.some(({ plan, facts }) => facts.meshes.some(({ name }) => name === plan.mesh))) return undefined;
  const theirs = looks.map(({ plan, facts }) => ({
    plan,
    names: Object.keys(facts.owners).filter((name) => facts.owners[name] === old),
  }));
  const same = theirs.every(({ plan, names }) => names.every((name) => plan.instances.includes(name)));
  return same && theirs.some(({ names }) => names.length > 0) ? old : undefined;
}

function otherNames({ meshes, agentMesh }: Facts, mesh: string): string[] {
  return [...meshes.map(({ name }) => name), agentMesh].filter((name) => isTheirs(name, mesh));
}

export function renamed(mesh: string, old: string): Finding {
  return problem(HERE, "mesh", {
    found: `the nodes have mesh ${old}, with the services and gateways that ${mesh} declares`,
    why: `this looks like ${old} renamed: the name is that of its state, its secrets and all that is on the nodes, so ${mesh} is another mesh`,
    remedy: `name it ${old} again; to give it another name, see "Renaming a mesh" in docs/two-meshes.md`,
  });
}

/** The same name on whichever node: Consul would take both for one service. */
export function judgeCatalogue(mesh: Mesh, looks: Look[], services: OthersService[]): Finding[] {
  const onNodes = new Set(looks.flatMap(({ plan, facts }) => plan.instances.filter((name) => facts.owners[name])));
  const declared = new Set([...mesh.services, ...mesh.gateways].map(({ name }) => name));
  const found = new Map<string, OthersService[]>();
  for (const one of services) {
    if (!declared.has(one.name) || !isTheirs(one.mesh, mesh.name) || onNodes.has(one.name)) continue;
    found.set(one.name, [...(found.get(one.name) ?? []), one]);
  }
  return [...found].map(([name, [first, ...rest]]) =>
    problem(HERE, name, {
      found: `Consul has ${name} of mesh ${first!.mesh} on ${[first!, ...rest].map(({ node }) => node).join(", ")}`,
      why: `callers of ${name} would be sent to both meshes' instances, and both would write its config entries`,
      remedy: `give it another name in ${mesh.name}, or take it out of ${first!.mesh} first`,
    }),
  );
}
