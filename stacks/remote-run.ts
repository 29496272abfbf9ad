/**
 * The differences where Terraform runs on another machine: it starts there in a folder with nothing but what was
 * uploaded, and is given its secrets as variables.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TerraformAsset, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Binary } from "../model";
import { OVERRIDE_FILE } from "./cloud-override";
import { packedSource } from "./packed-folder";
import { SecretVariable } from "./secret-variable";
import { fileText, terraformLiteral } from "./terraform-literal";

const CONTEXT = "gatehouse:runs-elsewhere";
const KEY = "ssh_private_key";

/** All that a run needs. Whatever else lies in the folder (a saved plan, say) may hold secrets. */
const UPLOADED = ["/cdk.tf.json", `/${OVERRIDE_FILE}`, "/assets/"];
/** The providers' checksums; of the stand-ins (providers/README.md) no other machine has these. */
const lock = () => (process.env.GATEHOUSE_STAND_INS ? [] : ["/.terraform.lock.hcl"]);

/** Prepares a stack whose runs are elsewhere; before anything else is added to it. */
export function prepareUpload(stack: TerraformStack, folder: string): void {
  stack.node.setContext(CONTEXT, true);
  // Files that only an earlier declaration needed are not uploaded for ever.
  rmSync(join(folder, "assets"), { recursive: true, force: true });
  writeFileSync(
    join(folder, ".terraformignore"),
    ["*", ...[...UPLOADED, ...lock()].map((path) => `!${path}`), ""].join("\n"),
  );
  new SecretVariable(stack, KEY, {
    description: "The private key that opens the machines, and the bastion when there is one.",
    nullable: false,
  });
}

/** Whether the runs of this construct's stack are elsewhere. */
export function runsElsewhere(scope: Construct): boolean {
  return scope.node.tryGetContext(CONTEXT) === true;
}

/** The moment of a provisioner: when its resource is created, or when it is destroyed. */
export type When = "create" | "destroy";

/**
 * The private key: of this file, or in a run elsewhere that of the variable. An agent's keys are not there, so the
 * variable stands for them as well.
 * @param when in a destroy-time provisioner Terraform allows no variable
 */
export function privateKey(scope: Construct, file: string | undefined, when: When): string | undefined {
  if (!runsElsewhere(scope)) return file && `\${${fileText(file)}}`;
  return when === "create" ? `\${var.${KEY}}` : `\${${KEY_FROM_FILE}}`;
}

/**
 * Terraform Cloud and its like hand a workspace's variables to Terraform as a `terraform.tfvars` file in the working
 * folder, its agents in the folder above. That is the one place where a destroy-time provisioner can find the key: it may
 * call functions, but name no variable. The key stands there as a quoted string or as a heredoc.
 */
const FILES = [
  'tolist(fileset(".", "{*.tfvars,*.tfvars.json}"))',
  'formatlist("../%s", tolist(fileset("..", "{*.tfvars,*.tfvars.json}")))',
];
const TEXT = `join("\\n", [for name in concat(${FILES.join(", ")}) : file(name)])`;
const BEGUN = `(?m)(?:^|[{,])\\\\s*\\"?${KEY}\\"?\\\\s*[=:][^-]*`;
const PEM = "(-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----)";
const KEY_FROM_FILE = `replace(regex("${BEGUN}${PEM}", ${TEXT})[0], "\\\\n", "\\n")`;

/** Where Terraform finds a file that goes to nodes: its own path, or in a run elsewhere a place in what was uploaded. A folder is packed. */
export function uploadSource(scope: Construct, binary: Binary): string {
  const { path, sha256, missing, folder } = binary;
  if (folder) return packedSource(scope, binary);
  if (missing || !runsElsewhere(scope)) return terraformLiteral(path);
  const stack = TerraformStack.of(scope);
  const id = `binary-${sha256.slice(0, 12)}`;
  const asset =
    (stack.node.tryFindChild(id) as TerraformAsset | undefined) ??
    new TerraformAsset(stack, id, { path, assetHash: sha256 });
  return `\${path.module}/${terraformLiteral(asset.path)}`;
}
