/**
 * The rendered files as `local_file`s below the output folder, so that a person can read what will be put where. None in
 * a run elsewhere, whose folder is new each time: there they would be made again with every run.
 */
import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import type { Construct } from "constructs";
import type { MeshNode } from "../model";
import type { NodeFile } from "../templates";
import { runsElsewhere } from "./remote-run";
import { terraformLiteral } from "./terraform-literal";

export class ReviewFiles {
  constructor(private readonly scope: Construct) {
    if (!runsElsewhere(scope)) new LocalProvider(scope, "local");
  }

  /** Adds files of one machine, laid out as `<node>/<path on the node>`. */
  add(node: MeshNode, files: NodeFile[]): void {
    if (runsElsewhere(this.scope)) return;
    for (const { path, mode, content } of files) {
      new File(this.scope, `file_${node.name}_${path.slice(1).replace(/[^a-z0-9-]/gi, "_")}`, {
        // Terraform runs in <output folder>/stacks/<stack>.
        filename: `../../${node.name}${path}`,
        content: terraformLiteral(content),
        filePermission: mode,
        directoryPermission: "0755",
      });
    }
  }
}
