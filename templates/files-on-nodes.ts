/** The files that a deploy puts on the nodes of a mesh. */
import { hasEnvoy, type Instance, layout, type Mesh, type MeshNode } from "../model";
import { agentRelease, agentSecretFiles } from "./agent";
import { instanceRelease, secretConfigOf } from "./instance";
import { nodeRelease } from "./node";
import type { NodeFile } from "./node-file";

/** Files of one node that belong together. */
export interface FileGroup {
  node: MeshNode;
  /** Whose they are. Undefined: the node's own. */
  instance?: Instance;
  files: NodeFile[];
}

/** All but those with secrets: the files of every node that is not retired, then those of every instance, in the order of a deploy. */
export function* filesOnNodes(mesh: Mesh): Generator<FileGroup> {
  for (const node of mesh.nodes) {
    if (node.retired) continue;
    if (!mesh.consul.existing) yield { node, files: agentRelease(mesh, node).files };
    yield { node, files: nodeRelease(mesh, node).files };
  }
  for (const instance of mesh.instances)
    yield { node: instance.node, instance, files: instanceRelease(mesh, instance).files };
}

/** Paths of the files with secrets, by node. What is in them is known to Terraform alone, when it runs. */
export function secretFilesOnNodes(mesh: Mesh): Map<MeshNode, string[]> {
  const nodes = mesh.nodes.filter(({ retired }) => !retired);
  const agent = (node: MeshNode) => (mesh.consul.existing ? [] : agentSecretFiles(mesh, node).map(({ path }) => path));
  const paths = new Map(nodes.map((node) => [node, agent(node)]));
  for (const { name, workload, node } of mesh.instances) {
    if (mesh.consul.acl && hasEnvoy(workload)) paths.get(node)?.push(layout.tokenFile(name));
    if (workload.kind !== "service") continue;
    if (workload.secrets.length > 0) paths.get(node)?.push(layout.secretEnvironmentFile(name));
    paths.get(node)?.push(...secretConfigOf({ ...workload, name }));
  }
  return paths;
}
