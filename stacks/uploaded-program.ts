/** gatehouse-node on a node, uploaded once: the program that does the work there. */
import type { Construct } from "constructs";
import { layout, type Mesh, type MeshNode, UNKNOWN_HOST_KEY } from "../model";
import { nodeProgram } from "../templates";
import { refused } from "./refused";
import { RemoteProgram } from "./remote-program";

/** A gatehouse-node on the machine that deploys, built for one kind of processor. */
export interface NodeProgramFile {
  /** Absolute path. */
  path: string;
  /** SHA-256 of the file, in hex. */
  sha256: string;
  /** Hash of its sources: another Go release builds another file of the same version. */
  version: string;
  /** It is not built: what is synthesized can be read, and Terraform refuses to run it. @default false */
  missing?: boolean;
}

/** The programs of a mesh's nodes, by `arch`. */
export type NodePrograms = Readonly<Record<MeshNode["arch"], NodeProgramFile>>;

const BUILD_IT = 'Say eval "$(npx gatehouse env)" in this shell, then run the command again.';

const TRUST_IT = "`npx gatehouse trust` asks for the key and lets you confirm it.";

function unknownHostKeys({ name, hostKey, ssh }: MeshNode): string[] {
  const bastion = ssh.bastion?.hostKey === UNKNOWN_HOST_KEY ? ["The host key of the bastion"] : [];
  return hostKey === UNKNOWN_HOST_KEY ? [`The host key of node ${name}`, ...bastion] : bastion;
}

/** Also on a retired node, which is emptied by it: once, and then the node may be switched off. */
export class UploadedProgram extends RemoteProgram {
  constructor(scope: Construct, mesh: Mesh, node: MeshNode, programs: NodePrograms) {
    const { version, sha256, path, missing } = programs[node.arch];
    // In the home folder of the user who logs in, where no other user comes in.
    const name = `.gatehouse-node-${version}`;
    const refusals = missing ? [`gatehouse-node ${version} for ${node.arch} is not built. ${BUILD_IT}`] : [];
    refusals.push(...unknownHostKeys(node).map((key) => `${key} is not known. ${TRUST_IT}`));
    const owner = { mesh: mesh.name, node: node.name };
    super(scope, layout.resources.program(node.name), {
      node,
      triggers: node.retired ? { retired: "yes" } : { version },
      upload: { path, sha256, missing, destination: `./${name}` },
      program: nodeProgram("owner", owner, { name, sha256 }),
      ...(refusals.length > 0 && { requires: refusals.map(refused) }),
      ...(!node.retired && { onDestroy: nodeProgram("uninstall", owner) }),
    });
  }
}
