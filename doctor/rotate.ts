/** Which Terraform resources make a new token, or bring new certificates, when they are replaced. Pure. */

import type { Fix } from "../findings";
import { layout, type Mesh } from "../model";
import { routedGateways } from "../templates";

const { handover, routes } = layout.tokens;

/** Everything that has a token, by the name that a person writes. */
function tokensOf(mesh: Mesh): Map<string, Fix[]> {
  const tokens = new Map<string, Fix[]>();
  const add = (name: string, stack: Fix["stack"], id: string) =>
    tokens.set(name, [
      ...(tokens.get(name) ?? []),
      { stack, replace: `consul_acl_token.${layout.resources.token(id)}` },
    ]);
  for (const { name } of mesh.nodes) add(name, mesh.consul.existing ? "mesh" : "cluster", layout.tokens.ofAgent(name));
  for (const { name, workload, node } of mesh.instances)
    add(workload.name, "mesh", layout.tokens.ofInstance(name, node.name));
  add(handover, "mesh", handover);
  if (routedGateways(mesh).length > 0) add(routes, "mesh", routes);
  return tokens;
}

/**
 * The resources whose replacement gives these new tokens.
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

/** The resources to replace so that every agent gets the certificates that are in the mesh's secrets now. */
export function certificates(mesh: Mesh): Fix[] {
  if (mesh.consul.existing || !mesh.consul.tls) throw new Error("Consul's certificates are not Gatehouse's here.");
  return mesh.nodes
    .filter(({ retired }) => !retired)
    .map(({ name }) => ({ stack: "cluster", replace: `null_resource.${layout.resources.agent(name)}` }));
}
