/** Before Terraform can run: the claim of the checkout, the providers, and what `synth` writes. */
import { join } from "node:path";
import { output } from "../toolchain";
import { claimFolder } from "./claim";
import { Ended } from "./ended";
import { COMPLETE, terraformEnv } from "./env";
import { stacksIn } from "./manifest";
import { chooseProviders, type ProviderChoice } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";
import { Stack } from "./stack";

/** Where what a person reads goes: standard error where standard output belongs to a program's JSON. */
export type Print = "stdout" | "stderr";

/**
 * Claims the checkout until this process ends, chooses the providers and synthesizes.
 * @param what this run is, for another one that is refused meanwhile
 * @returns the stacks in the order of a deploy
 */
export async function prepare(what: string, print: Print = "stdout"): Promise<Stack[]> {
  await claim(what);
  return synthesized(print);
}

/** Claims the checkout until this process ends. */
export const claim = (what: string): Promise<void> => claimFolder(outputFolder(), what);

/** Chooses the providers and synthesizes, both at once. The checkout has been claimed. */
export async function synthesized(print: Print = "stdout"): Promise<Stack[]> {
  const folder = outputFolder();
  const [choice, { exitCode, stdout, stderr }] = await Promise.all([
    chooseProviders((line) => console.error(line)),
    synthesize(),
  ]);
  if (stdout) (print === "stdout" ? console.log : console.error)(stdout);
  if (stderr) console.error(stderr);
  if (exitCode !== 0) throw new Ended(exitCode);
  settleProviders(folder, choice);
  const env = environment(choice);
  return stacksIn(folder).map((name) => new Stack(name, join(folder, "stacks", name), { env, choice, print }));
}

/** The environment in which Terraform and cdktf run. */
export const environment = (choice: ProviderChoice): NodeJS.ProcessEnv => ({
  ...process.env,
  ...terraformEnv(),
  ...choice.env,
});

const synthesize = () =>
  output(process.execPath, ["--require", "tsx/cjs", "main.ts"], {}, { env: { ...process.env, ...COMPLETE } });
