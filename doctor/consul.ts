/** Consul's HTTP API: config entries and the catalogue. */

import { about, drift, type Finding, Layer } from "../findings/finding";
import type { Mesh } from "../model";
import { askApi } from "../nodes/consul-api";
import { mapLimit } from "../nodes/map-limit";
import { compareCatalogue, type NodeServices } from "./catalogue";
import { compareEntries, type LiveEntry, named, OUR_KINDS } from "./entries";

/** `inspected`: nodes whose own agent was asked; what they run is not told twice. */
export async function lookAtConsul(mesh: Mesh, inspected: Set<string>): Promise<Finding[]> {
  try {
    const kinds = [...new Set([...OUR_KINDS, ...mesh.configEntries.map(({ kind }) => kind)])];
    const entries = await mapLimit(kinds, 4, (kind) => get<LiveEntry[]>(mesh, `config/${kind}`));
    const nodes = await get<{ Node: string }[]>(mesh, "catalog/nodes");
    const services = await mapLimit(nodes, 4, ({ Node }) =>
      get<NodeServices>(mesh, `catalog/node-services/${encodeURIComponent(Node)}`),
    );
    return [
      ...compareEntries(mesh, entries.flatMap((list) => list ?? []).map(named)),
      ...compareCatalogue(mesh, services, inspected),
    ];
  } catch (error) {
    return [blind(mesh, error as Error)];
  }
}

async function get<T>(mesh: Mesh, path: string): Promise<T> {
  const { status, text } = await askApi(mesh, `${path}?dc=${encodeURIComponent(mesh.consul.datacenter)}`);
  if (status !== 200) throw new Error(`${path}: status ${status} ${text.slice(0, 200)}`);
  return JSON.parse(text) as T;
}

function blind(mesh: Mesh, error: Error): Finding {
  const reason = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  const finding = drift(Layer.Declared, `consul: ${mesh.consul.address}`, {
    expected: "config entries and the catalogue",
    found: reason,
    remedy: mesh.consul.existing
      ? "is a server up, is the way there open, do CONSUL_HTTP_TOKEN and CONSUL_CACERT fit?"
      : "is a server up, is the way there open, are the mesh's secrets here (npm run secrets)?",
    concerns: [about.anyEntry],
  });
  return { ...finding, kind: "blind" };
}
