// Runs a command with the chosen Terraform providers: `tsx commands/with-providers.ts -- cdktf deploy mesh`.
import { delimiter, resolve } from "node:path";
import { chooseProviders, claimFolder, outputFolder, settleProviders, terraformEnv } from "../terraform";
import { runHere } from "../toolchain";

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(process.argv[2] === "--" ? 3 : 2);
  if (!command) throw new Error("Nothing to run. Write: tsx commands/with-providers.ts -- COMMAND [ARGUMENT...]");
  if (command === "cdktf") await claimFolder(outputFolder(), [command, ...rest].join(" "));
  const choice = await chooseProviders((line) => console.error(line));
  settleProviders(outputFolder(), choice);
  const env: NodeJS.ProcessEnv = { ...process.env, ...terraformEnv(), ...choice.env };
  env.PATH = [resolve("node_modules/.bin"), env.PATH].join(delimiter); // cdktf itself
  process.exitCode = await runHere(command, rest, env);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
