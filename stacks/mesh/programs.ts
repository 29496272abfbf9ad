/** Phase: gatehouse-node is uploaded to every node. */
import { type NodePrograms, UploadedProgram } from "../uploaded-program";
import type { Context } from "./context";

/** By node. Empty where there is a cluster stack: the program was uploaded with it. */
export type Programs = ReadonlyMap<string, UploadedProgram>;

export function uploadPrograms({ stack, mesh }: Context, files: NodePrograms): Programs {
  if (!mesh.consul.existing) return new Map();
  return new Map(mesh.nodes.map((node) => [node.name, new UploadedProgram(stack, mesh, node, files)]));
}
