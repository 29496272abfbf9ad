/** `terraform init`, left out where nothing that it looks at has changed since it last went well. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Output, output, writeWhole } from "../toolchain";
import { LOCK } from "./lock-file";

/** Inside a stack's `.terraform`, which `init` makes: the hash of what it was made from. */
const STAMP = join(".terraform", "gatehouse-init");
/** Terraform's note of the backend: another program may have run `init` here since, for another mesh. */
const BACKEND = join(".terraform", "terraform.tfstate");

/**
 * Initializes a stack's folder.
 * @param folder of the stack, with its cdk.tf.json
 * @param providers changes whenever other providers are chosen
 * @returns what `init` said, or undefined where it was not needed
 */
export async function initialize(
  folder: string,
  terraform: string,
  providers: string,
  env: NodeJS.ProcessEnv,
): Promise<Output | undefined> {
  if (isInitialized(folder, providers, env)) return undefined;
  const init = await output(terraform, [`-chdir=${folder}`, "init", "-input=false"], {}, { env });
  const stamp = init.exitCode === 0 ? stampOf(folder, providers, env) : undefined;
  if (stamp && existsSync(join(folder, ".terraform"))) writeWhole(join(folder, STAMP), stamp);
  return init;
}

/** Whether `init` would do nothing. With a backend elsewhere only `init` itself can tell: it asks there. */
export function isInitialized(folder: string, providers: string, env: NodeJS.ProcessEnv): boolean {
  const file = join(folder, STAMP);
  if (!existsSync(file) || !existsSync(join(folder, ".terraform", "providers"))) return false;
  return readFileSync(file, "utf8") === stampOf(folder, providers, env);
}

/** Undefined where the state is not a file here. */
export function stampOf(folder: string, providers: string, env: NodeJS.ProcessEnv): string | undefined {
  const { terraform } = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
  if (!terraform?.backend?.local || !existsSync(join(folder, LOCK))) return undefined;
  const settings = Object.entries(env)
    .filter(([name]) => name === "PATH" || name.startsWith("TF_"))
    .sort();
  const backend = join(folder, BACKEND);
  const parts = [
    JSON.stringify(terraform),
    existsSync(backend) ? readFileSync(backend, "utf8") : "",
    readFileSync(join(folder, LOCK), "utf8"),
    providers,
    JSON.stringify(settings),
  ];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}
