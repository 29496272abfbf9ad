/** How Terraform behaves under Gatehouse's commands, beside where its providers come from. */
import { join } from "node:path";

/** How long a run waits for another one that holds the state: for one that was just interrupted, seconds do. */
const LOCK_TIMEOUT = "2m";

/**
 * Environment variables for cdktf: its Terraform outlives an interrupted cdktf and ends in order (`terraform.sh`), and
 * waits for a state that another run holds. What a person set stays.
 */
export function terraformEnv(given: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const env: Record<string, string> = {};
  if (!given.TERRAFORM_BINARY_NAME) env.TERRAFORM_BINARY_NAME = join(__dirname, "terraform.sh");
  for (const command of ["plan", "apply", "destroy"]) {
    const name = `TF_CLI_ARGS_${command}`;
    const args = given[name] ?? "";
    if (!/-lock\b/.test(args)) env[name] = `${args} -lock-timeout=${LOCK_TIMEOUT}`.trim();
  }
  return env;
}
