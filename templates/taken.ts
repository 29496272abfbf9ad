/** Programs around config entries that a mesh writes in place of those made by hand: gatehouse-node's verbs `entry ...`. */
import { type ConfigEntry, layout, type Mesh, type MeshNode } from "../model";
import { nodeProgram } from "./program";

/** `kind/name`, as `takeOver.configEntries` and messages name it. */
export const entryName = ({ kind, name }: Pick<ConfigEntry, "kind" | "name">): string => `${kind}/${name}`;

/** Entries that the mesh takes over. */
export const takenEntries = ({ configEntries, takeOver }: Mesh): ConfigEntry[] =>
  configEntries.filter((entry) => takeOver.configEntries.includes(entryName(entry)));

/** Writes the entry; what was there is recorded in Consul first. */
export function takeProgram(mesh: Mesh, node: MeshNode, { kind, name, config }: ConfigEntry): string {
  return nodeProgram("entry take", {
    ...common(mesh, node, layout.resources.takenEntry({ kind, name })),
    entry: { Kind: kind, Name: name, ...config },
  });
}

/** On destroy: writes what was there before in place of the entry. */
export function returnProgram(mesh: Mesh, node: MeshNode, { kind, name }: ConfigEntry): string {
  return nodeProgram("entry return", { mesh: mesh.name, node: node.name, acl: mesh.consul.acl, kind, name });
}

/** The name of the secret file for `settleProgram`. */
export const SETTLE_SECRET = "settle";

/** Puts back what left `takeOver.configEntries` together with the declaration. */
export function settleProgram(mesh: Mesh, node: MeshNode): string {
  return nodeProgram("entry settle", {
    ...common(mesh, node, SETTLE_SECRET),
    takeOver: mesh.takeOver.configEntries,
    written: mesh.configEntries.map(entryName),
  });
}

const common = ({ name, consul }: Mesh, node: MeshNode, secret: string) => ({
  mesh: name,
  node: node.name,
  ...(consul.acl && { secret }),
});
