/** How Terraform behaves under Gatehouse's commands, beside where its providers come from. */
import { join } from "node:path";

/** How long a run waits for another one that holds the state: for one that was just interrupted, seconds do. */
const LOCK_TIMEOUT = "2m";

/** How much Terraform does at once: nearly all of it is waiting for machines, of which its own ten would be a limit. */
const PARALLELISM = 32;

/** Whether the command here only starts a run on a server. */
export const runsElsewhere = (env: NodeJS.ProcessEnv): boolean =>
  ["cloud", "remote"].includes(env.GATEHOUSE_BACKEND ?? "");

/**
 * Environment variables for cdktf: its Terraform outlives an interrupted cdktf and ends in order (`terraform.sh`), and
 * waits for a state that another run holds. What a person set stays.
 */
export function terraformEnv(given: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const env: Record<string, string> = {};
  const elsewhere = runsElsewhere(given); // it refuses to be told
  if (!given.TERRAFORM_BINARY_NAME) env.TERRAFORM_BINARY_NAME = join(__dirname, "terraform.sh");
  for (const command of ["plan", "apply", "destroy"]) {
    const name = `TF_CLI_ARGS_${command}`;
    const args = [given[name] ?? ""];
    if (!/-lock\b/.test(args[0]!)) args.push(`-lock-timeout=${LOCK_TIMEOUT}`);
    if (command !== "plan" && !elsewhere && !/-parallelism\b/.test(args[0]!)) args.push(`-parallelism=${PARALLELISM}`);
    if (args.length > 1) env[name] = args.join(" ").trim();
  }
  return env;
}
