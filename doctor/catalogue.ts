/** Compares Consul's catalogue with the declaration: finds instances on nodes where they are not declared. */

import { shellWord } from "../findings";
import type { Mesh } from "../model";
import { drift, Layer, type Symptom } from "./causes";

/** `/v1/catalog/node-services/<node>` */
export interface NodeServices {
  Node: { Node: string };
  Services: { ID: string; Service: string; Kind?: string; Proxy?: { DestinationServiceName?: string } }[] | null;
}

export function compareCatalogue(mesh: Mesh, nodes: NodeServices[], inspected: Set<string>): Symptom[] {
  const names = new Set([...mesh.services, ...mesh.gateways].map(({ name }) => name));
  const known = new Set(mesh.instances.map(({ workload, node }) => `${workload.name} ${node.name}`));
  return nodes
    .filter(({ Node }) => !inspected.has(Node.Node))
    .flatMap(({ Node, Services }) =>
      (Services ?? [])
        .map((one) => ({ id: one.ID, name: one.Proxy?.DestinationServiceName || one.Service }))
        .filter(({ name }) => names.has(name) && !known.has(`${name} ${Node.Node}`))
        .map(({ id, name }) =>
          drift(
            Layer.Registered,
            { on: "consul", what: `${name} on ${Node.Node}` },
            {
              expected: "no instance there",
              found: `the registration ${id}`,
              remedy: `stop it on ${Node.Node}, then take it out of the catalogue: consul services deregister -id=${shellWord(id)}`,
            },
          ),
        ),
    );
}
