/** Config entries and the catalogue, by Consul's HTTP API. */

import type { Mesh } from "../model";
import { askJson, mapLimit, OUR_KINDS, readEntries } from "../nodes";
import { compareCatalogue, type NodeServices } from "./catalogue";
import { about, drift, Layer, type Symptom } from "./causes";
import { compareEntries } from "./entries";

/** Requests at once. */
const WIDTH = 4;

/** @param inspected nodes whose own agent was asked: what runs there is already among the findings */
export async function lookAtConsul(mesh: Mesh, inspected: Set<string>): Promise<Symptom[]> {
  try {
    const entries = await readEntries(mesh, [...OUR_KINDS, ...mesh.configEntries.map(({ kind }) => kind)]);
    const nodes = await askJson<{ Node: string }[]>(mesh, "catalog/nodes");
    const services = await mapLimit(nodes, WIDTH, ({ Node }) =>
      askJson<NodeServices>(mesh, `catalog/node-services/${encodeURIComponent(Node)}`),
    );
    return [...compareEntries(mesh, entries), ...compareCatalogue(mesh, services, inspected)];
  } catch (error) {
    return [blind(mesh, error as Error)];
  }
}

function blind(mesh: Mesh, error: Error): Symptom {
  const reason = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  const finding = drift(
    Layer.Declared,
    { on: "consul", what: mesh.consul.address },
    {
      expected: "config entries and the catalogue",
      found: reason,
      remedy: mesh.consul.existing
        ? "is a server up, is the way there open, do CONSUL_HTTP_TOKEN and CONSUL_CACERT fit?"
        : "is a server up, is the way there open, are the mesh's secrets here (npm run secrets)?",
      concerns: [about.anyEntry],
    },
  );
  return { ...finding, blind: true };
}
