/** Which Terraform resources make a new token, or bring new certificates, when they are replaced. Pure. */

import type { Fix } from "../findings";
import type { Mesh } from "../model";
import { routedGateways } from "../templates";

const HANDOVER = "handover";
const ROUTES = "routes";

/** Everything that has a token, by the name that a person writes. */
function tokensOf(mesh: Mesh): Map<string, Fix[]> {
  const tokens = new Map<string, Fix[]>();
  const add = (name: string, stack: Fix["stack"], id: string) =>
    tokens.set(name, [...(tokens.get(name) ?? []), { stack, replace: `consul_acl_token.token_${id}` }]);
  for (const { name } of mesh.nodes) add(name, mesh.consul.existing ? "mesh" : "cluster", `agent_of_${name}`);
  for (const { workload, node } of mesh.instances) add(workload.name, "mesh", `${workload.name}_${node.name}`);
  add(HANDOVER, "mesh", HANDOVER);
  if (routedGateways(mesh).length > 0) add(ROUTES, "mesh", ROUTES);
  return tokens;
}

/**
 * What to replace so that these get new tokens.
 * @param names services, gateways, nodes, `handover` or `routes`; `all` for every one
 * @throws when there is no such name
 */
export function rotation(mesh: Mesh, names: string[] | "all"): Fix[] {
  if (!mesh.consul.acl) throw new Error("consul.acl is false: this mesh has no tokens.");
  const tokens = tokensOf(mesh);
  if (names === "all") return [...tokens.values()].flat();
  return names.flatMap((name) => {
    const found = tokens.get(name);
    if (!found) throw new Error(`There is no token of "${name}". There are: ${[...tokens.keys()].sort().join(", ")}.`);
    return found;
  });
}

/** What to replace so that every agent gets the certificates that are in the mesh's secrets now. */
export function certificates(mesh: Mesh): Fix[] {
  if (mesh.consul.existing || !mesh.consul.tls) throw new Error("Consul's certificates are not Gatehouse's here.");
  return mesh.nodes
    .filter(({ retired }) => !retired)
    .map(({ name }) => ({ stack: "cluster", replace: `null_resource.agent_${name}` }));
}
