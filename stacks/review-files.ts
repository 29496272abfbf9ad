/**
 * The rendered files as `local_file`s below the output folder, so that a plan shows what changes in them. Files that go to
 * a node together are one text: each resource costs Terraform more time than all its text. None in a run elsewhere, whose
 * folder is new each time: there they would be made again with every run.
 */
import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import type { Construct } from "constructs";
import type { MeshNode } from "../model";
import type { NodeFile } from "../templates";
import { runsElsewhere } from "./remote-run";
import { terraformString } from "./terraform-literal";

export class ReviewFiles {
  constructor(private readonly scope: Construct) {
    if (!runsElsewhere(scope)) new LocalProvider(scope, "local");
  }

  /** Adds what cloud-init is given for a node. */
  addUserData(node: MeshNode, content: string): void {
    this.write(`file_${node.name}_user_data`, { path: `${node.name}/user_data`, mode: "0644", content });
  }

  /** Adds the files of a node itself; `part` says of which part of it, such as its agent. */
  addNode(part: "agent" | "node", node: MeshNode, files: readonly NodeFile[]): void {
    this.write(`files_of_${part}_${node.name}`, together(`${node.name}/${part}.txt`, files));
  }

  /** Adds the files of an instance. */
  addInstance(name: string, node: MeshNode, files: readonly NodeFile[]): void {
    const text = together(`${node.name}/instances/${name}.txt`, files);
    this.write(`files_of_instance_${name}_${node.name}`, text);
  }

  private write(id: string, { path, mode, content }: NodeFile): void {
    if (runsElsewhere(this.scope)) return;
    new File(this.scope, id, {
      // Terraform runs in <output folder>/stacks/<stack>.
      filename: `../../${path}`,
      content: terraformString(content),
      filePermission: mode,
      directoryPermission: "0755",
    });
  }
}

/** Files in one, each after a line with its path and mode. Some may be for root alone, so the whole is for its owner. */
function together(path: string, files: readonly NodeFile[]): NodeFile {
  const content = files.map((file) => `==> ${file.path} (${file.mode}) <==\n${file.content}`).join("\n");
  return { path, mode: "0600", content };
}
