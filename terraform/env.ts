/** How Terraform behaves under Gatehouse's commands, apart from where its providers come from. */
import { join } from "node:path";

/** Starts Terraform wherever Gatehouse or a person's cdktf does. */
export const WRAPPER = join(__dirname, "terraform.sh");

/** Whether the command here only starts a run on a server. */
export const runsElsewhere = (env: NodeJS.ProcessEnv): boolean =>
  ["cloud", "remote"].includes(env.GATEHOUSE_BACKEND ?? "");

/** A synth whose result Terraform is going to run must be complete; without this it is for reading, and needs less. */
export const COMPLETE = { GATEHOUSE_SYNTH: "deploy" } as const;

/** Whether this synth is for Terraform to run. */
export const synthIsComplete = (env: NodeJS.ProcessEnv): boolean => env.GATEHOUSE_SYNTH === COMPLETE.GATEHOUSE_SYNTH;

/**
 * Environment variables for cdktf and for Gatehouse's own commands: Terraform is started by `terraform.sh`, which chooses the
 * settings for each command, so that a shell's environment is right for every backend. A program that a person named in
 * TERRAFORM_BINARY_NAME is what it starts.
 */
export function terraformEnv(given: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const theirs = namedTerraform(given);
  return { TERRAFORM_BINARY_NAME: WRAPPER, ...(theirs && { GATEHOUSE_TERRAFORM: theirs }) };
}

/** The Terraform that a person chose. Undefined where it is the one on the PATH. */
export function namedTerraform(given: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = given.TERRAFORM_BINARY_NAME;
  // An earlier `gatehouse env`, perhaps of another checkout, has set it in this shell.
  const ours = !named || /\/(terraform|tools)\/terraform\.sh$/.test(named);
  return (ours ? given.GATEHOUSE_TERRAFORM : named) || undefined;
}
