/** A binary, or what a service's files are packed into, on a node: uploaded once however many services of that node run it. */
import { Resource } from "@cdktf/provider-null/lib/resource";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { type Binary, layout, type MeshNode } from "../model";
import { machineIdentity } from "../templates";
import { addressesOf } from "./depends-on";
import { refused } from "./refused";
import { connectionTo } from "./remote-program";
import { uploadSource } from "./remote-run";

const BUILD_IT = "Build it, or correct `run` in the declaration of the services that run it.";

export interface UploadedBinaryProps {
  /** The mesh's name. */
  mesh: string;
  node: MeshNode;
  binary: Binary;
  dependsOn: ITerraformDependable[];
}

export class UploadedBinary extends Resource {
  /** The id of the resource, which the machine names when the binary is missing there. */
  static idFor(node: MeshNode, binary: Binary): string {
    return layout.resources.binary(node.name, binary);
  }

  constructor(scope: Construct, { mesh, node, binary, dependsOn }: UploadedBinaryProps) {
    super(scope, UploadedBinary.idFor(node, binary), {
      triggers: { sha256: binary.sha256, machine: machineIdentity(node) },
      connection: connectionTo(scope, node),
      provisioners: [
        {
          type: "file",
          source: uploadSource(scope, binary),
          // The transaction checks the sum before it takes the file from here.
          destination: layout.uploadedBinary(mesh, binary),
        },
      ],
      ...(binary.missing && { lifecycle: { precondition: [refused(`There is no file ${binary.path}. ${BUILD_IT}`)] } }),
    });
    this.dependsOn = addressesOf(dependsOn);
  }
}
