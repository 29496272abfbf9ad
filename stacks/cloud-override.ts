/**
 * Before a run, a server takes the `cloud` block out of what was uploaded, so that Terraform does not call the server
 * again. Some compatible servers look for it in *.tf files only, and a stack is a *.tf.json file. So the block stands
 * once more in an override file, in front of a `backend "local"` block. There, Terraform lets a `cloud` block win over a
 * `backend` block: what is deployed with here is the cloud, and there, once the block is out, the state that the server
 * has put into the folder.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const OVERRIDE_FILE = "backend_override.tf";

interface Cloud {
  organization: string;
  hostname?: string;
  project?: string;
  workspace: string;
}

/** Writes the file where it is needed: HashiCorp's own service does without. */
export function writeCloudOverride(folder: string, { organization, hostname, project, workspace }: Cloud): void {
  if (!hostname || hostname === "app.terraform.io") return;
  const lines = [
    "terraform {",
    "  cloud {",
    `    organization = ${JSON.stringify(organization)}`,
    `    hostname     = ${JSON.stringify(hostname)}`,
    "    workspaces {",
    `      name = ${JSON.stringify(workspace)}`,
    ...(project ? [`      project = ${JSON.stringify(project)}`] : []),
    "    }",
    "  }",
    '  backend "local" {}',
    "}",
    "",
  ];
  writeFileSync(join(folder, OVERRIDE_FILE), lines.join("\n"));
}

/** Another backend may have been chosen since. */
export function removeCloudOverride(folder: string): void {
  rmSync(join(folder, OVERRIDE_FILE), { force: true });
}
