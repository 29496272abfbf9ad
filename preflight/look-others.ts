/** Asks Consul's catalogue for services and gateways of other meshes that have a name of this one. */
import type { Mesh } from "../model";
import { askIfThere } from "../nodes";
import type { OthersService } from "./judge-others";

/** In the Meta of every registration of Gatehouse: whose it is. */
export const MESH_META = "gatehouse-mesh";

/** None where Consul does not answer: before the first deploy there is none, and else `askConsul` makes the finding. */
export async function askOthers(mesh: Mesh, timeout: number): Promise<OthersService[]> {
  const ask = (path: string, filter: string) => askIfThere(mesh, path, { timeout, query: { filter } });
  const theirs = `"${MESH_META}" in ServiceMeta and ServiceMeta["${MESH_META}"] != "${mesh.name}"`;
  try {
    const names = Object.keys((await ask("catalog/services", theirs)) ?? {});
    const declared = new Set([...mesh.services, ...mesh.gateways].map(({ name }) => name));
    const asked = names.filter((name) => declared.has(name));
    const answers = await Promise.all(asked.map((name) => ask(`catalog/service/${encodeURIComponent(name)}`, theirs)));
    return answers.flatMap((answer: CatalogueService[] = []) =>
      answer.map(({ ServiceName, ServiceMeta, Node }) => ({
        name: ServiceName,
        mesh: ServiceMeta[MESH_META] ?? "",
        node: Node,
      })),
    );
  } catch {
    return [];
  }
}

interface CatalogueService {
  ServiceName: string;
  ServiceMeta: Record<string, string>;
  Node: string;
}
