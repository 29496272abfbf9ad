/** Puts right what was found, by applying the stacks with exactly those resources replaced. */
import { delimiter, join, resolve } from "node:path";
import { runHere } from "../toolchain";
import { chooseProviders } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";

/** A resource that is made again. */
export interface Replacement {
  stack: "cluster" | "mesh";
  /** Its address. @default none: applying the stack is enough */
  replace?: string;
}

/** In the order of a deploy. */
const STACKS = ["cluster", "mesh"] as const;

/**
 * Synthesizes, then applies each stack that has something to mend. Terraform shows its plan and asks, unless approved.
 * @throws when one of them fails
 */
export async function mend(mends: Replacement[], approved: boolean): Promise<void> {
  const report = (text: string) => console.error(text);
  const choice = await chooseProviders(report);
  settleProviders(outputFolder(), choice);
  const env = { ...process.env, ...choice.env };
  env.PATH = [resolve("node_modules/.bin"), env.PATH].join(delimiter);
  await run("cdktf", ["synth"], ".", env);
  for (const stack of STACKS) {
    const own = mends.filter((one) => one.stack === stack);
    if (own.length === 0) continue;
    const folder = join(outputFolder(), "stacks", stack);
    const plain = process.stderr.isTTY ? [] : ["-no-color"];
    await run("terraform", ["init", "-input=false", ...plain], folder, env);
    await run("terraform", ["apply", ...plain, ...applyArguments(own, approved)], folder, env);
  }
}

/** Of `terraform apply`. */
export function applyArguments(mends: Replacement[], approved: boolean): string[] {
  const replaced = [...new Set(mends.flatMap(({ replace }) => replace ?? []))].sort();
  return [...(approved ? ["-input=false", "-auto-approve"] : []), ...replaced.map((address) => `-replace=${address}`)];
}

/** What it prints goes to standard error: standard output is the doctor's verdict. */
async function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const code = await runHere(command, args, env, { cwd, stdio: ["inherit", 2, 2] });
  if (code !== 0) throw new Error(`${command} ${args[0]} failed (exit ${code}); see above`);
}
