/** gatehouse-node on a node, uploaded once: the program that does the work there. */
import { Resource } from "@cdktf/provider-null/lib/resource";
import type { FileProvisioner, ITerraformDependable, RemoteExecProvisioner } from "cdktf";
import type { Construct } from "constructs";
import type { Mesh, MeshNode } from "../model";
import { nodeProgram } from "../templates";
import { addressesOf } from "./depends-on";
import { connectionTo, machineIdentity } from "./remote-program";
import { uploadSource } from "./remote-run";
import { terraformLiteral } from "./terraform-literal";

/** A gatehouse-node on the machine that deploys, built for one kind of processor. */
export interface NodeProgramFile {
  /** Absolute path. */
  path: string;
  /** Of the file, in hex. */
  sha256: string;
  /** Hash of its sources: another Go release builds another file of the same version. */
  version: string;
}

/** The programs of a mesh's nodes, by `arch`. */
export type NodePrograms = Readonly<Record<MeshNode["arch"], NodeProgramFile>>;

export class UploadedProgram extends Resource {
  /** The id of the resource. */
  static idFor(node: MeshNode): string {
    return `program_${node.name}`;
  }

  constructor(
    scope: Construct,
    mesh: Mesh,
    node: MeshNode,
    programs: NodePrograms,
    dependsOn: ITerraformDependable[] = [],
  ) {
    const program = programs[node.arch];
    // In the home folder of the user who logs in, where no other user comes in.
    const name = `.gatehouse-node-${program.version}`;
    const upload: FileProvisioner = {
      type: "file",
      source: uploadSource(scope, program),
      destination: `./${name}`,
    };
    const install: RemoteExecProvisioner = {
      type: "remote-exec",
      inline: [
        terraformLiteral(
          nodeProgram("owner", { mesh: mesh.name, node: node.name }, { name, sha256: program.sha256 }),
        ),
      ],
    };
    super(scope, UploadedProgram.idFor(node), {
      triggers: {
        version: program.version,
        machine: machineIdentity(node),
        // A retired node is emptied, the program included.
        ...(node.retired && { retired: "yes" }),
      },
      connection: connectionTo(scope, node),
      provisioners: [upload, install],
    });
    this.dependsOn = addressesOf(dependsOn);
  }
}
