/** The programs that run between the mesh as it was and the mesh as it will be: gatehouse-node's verb `expand`. */

import type { ConfigEntry, Mesh, MeshNode } from "../model";
import { ROUTING_KINDS } from "../model";
import { contentHash, nodeProgram } from "./program";

/** The programs of the resources `handover` and `routing`. */
export interface Handover {
  /** Changes when there may be something to hand over: an edge, a protocol, a routing entry. */
  hash: string;
  program: string;
  /** Writes what routes calls, when the instances are there. Undefined where nothing of the kind is declared. */
  routing?: { hash: string; program: string };
  /** Removes from Consul what a deploy that failed began and no later one took over. */
  removal: string;
}

/**
 * The parts of the mesh that may have to be handed over.
 * @param node on which the program runs
 */
export function handover(mesh: Mesh, node: MeshNode): Handover {
  const owner = { mesh: mesh.name, node: node.name };
  const entries = (kind: string) => mesh.configEntries.filter((entry) => entry.kind === kind).map(asConsul);
  const takeOver = mesh.takeOver.configEntries;
  const intentions = entries("service-intentions").filter(({ Name }) => Name !== "*");
  const routing = ROUTING_KINDS.flatMap(entries);
  const document = {
    ...owner,
    acl: mesh.consul.acl,
    intentions,
    services: entries("service-defaults"),
    gateways: entries("ingress-gateway"),
    routing,
    ...(takeOver.length > 0 && { takeOver }),
  };
  const routes = routing.map((entry) => JSON.stringify(entry));
  return {
    hash: contentHash(
      JSON.stringify(intentions.map(({ Meta, ...entry }) => entry)),
      JSON.stringify(mesh.services.map(({ name, protocol }) => [name, protocol])),
      ...routes,
      ...(takeOver.length > 0 ? [JSON.stringify(takeOver)] : []),
    ),
    program: nodeProgram("expand", document),
    routing:
      routes.length > 0
        ? { hash: contentHash(...routes), program: nodeProgram("expand routing", document) }
        : undefined,
    removal: nodeProgram("expand remove", owner),
  };
}

const asConsul = ({ kind, name, config }: ConfigEntry): Record<string, unknown> => ({
  Kind: kind,
  Name: name,
  ...config,
});
