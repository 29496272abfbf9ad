/** The program that runs between the mesh as it was and the mesh as it will be: gatehouse-node's verb `expand`. */
import type { ConfigEntry, Mesh, MeshNode } from "../model";
import { contentHash, nodeProgram } from "./program";

export interface Handover {
  /** Changes when there may be something to hand over: an edge, a protocol, a routing entry. */
  hash: string;
  program: string;
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
  return {
    hash: contentHash(
      JSON.stringify(intentions.map(({ Meta, ...entry }) => entry)),
      JSON.stringify(mesh.services.map(({ name, protocol }) => [name, protocol])),
      ...(takeOver.length > 0 ? [JSON.stringify(takeOver)] : []),
    ),
    program: nodeProgram("expand", {
      ...owner,
      acl: mesh.consul.acl,
      intentions,
      services: entries("service-defaults"),
      gateways: entries("ingress-gateway"),
      ...(takeOver.length > 0 && { takeOver }),
    }),
    removal: nodeProgram("expand remove", owner),
  };
}

const asConsul = ({ kind, name, config }: ConfigEntry): Record<string, unknown> => ({
  Kind: kind,
  Name: name,
  ...config,
});
