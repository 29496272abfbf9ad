/** cdktf, or any other program, with the Terraform and the providers that Gatehouse's own commands use. */
import { delimiter, resolve } from "node:path";
import { runHere } from "../toolchain";
import { claimFolder } from "./claim";
import { environment } from "./prepare";
import { chooseProviders } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";

/** Runs cdktf; no other run works in this checkout meanwhile. */
export const runCdktf = (args: string[]): Promise<number> => runWithTerraform("cdktf", args);

/** Runs a command with this terminal, and returns its exit code. */
export async function runWithTerraform(command: string, args: string[]): Promise<number> {
  if (command === "cdktf") await claimFolder(outputFolder(), [command, ...args].join(" "));
  const choice = await chooseProviders((line) => console.error(line));
  settleProviders(outputFolder(), choice);
  const env = environment(choice);
  return runHere(command, args, { ...env, PATH: [resolve("node_modules/.bin"), env.PATH].join(delimiter) });
}
