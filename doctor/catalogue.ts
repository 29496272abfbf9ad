/** Consul's catalogue against the declaration: instances on machines where nobody declared them. */

import { drift, type Finding, Layer } from "../findings/finding";
import { shellWord } from "../findings/printable";
import type { Mesh } from "../model";

/** `/v1/catalog/node-services/<node>` */
export interface NodeServices {
  Node: { Node: string };
  Services: { ID: string; Service: string; Kind?: string; Proxy?: { DestinationServiceName?: string } }[] | null;
}

export function compareCatalogue(mesh: Mesh, nodes: NodeServices[], inspected: Set<string>): Finding[] {
  const names = new Set([...mesh.services, ...mesh.gateways].map(({ name }) => name));
  const known = new Set(mesh.instances.map(({ workload, node }) => `${workload.name} ${node.name}`));
  return nodes
    .filter(({ Node }) => !inspected.has(Node.Node))
    .flatMap(({ Node, Services }) =>
      (Services ?? [])
        .map((one) => ({ id: one.ID, name: one.Proxy?.DestinationServiceName || one.Service }))
        .filter(({ name }) => names.has(name) && !known.has(`${name} ${Node.Node}`))
        .map(({ id, name }) =>
          drift(Layer.Registered, `consul: ${name} on ${Node.Node}`, {
            expected: "no instance there",
            found: `the registration ${id}`,
            remedy: `stop it on ${Node.Node}, then take it out of the catalogue: consul services deregister -id=${shellWord(id)}`,
          }),
        ),
    );
}
