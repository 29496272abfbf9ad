// Runs a command with the chosen Terraform providers: `tsx tools/with-providers.ts -- cdktf deploy mesh`.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, resolve } from "node:path";
import { claimFolder } from "./one-run";
import { chooseProviders } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";
import { terraformEnv } from "./terraform-env";

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(process.argv[2] === "--" ? 3 : 2);
  if (!command) throw new Error("Nothing to run. Write: tsx tools/with-providers.ts -- COMMAND [ARGUMENT...]");
  if (command === "cdktf") await claimFolder(outputFolder(), [command, ...rest].join(" "));
  const choice = await chooseProviders((line) => console.error(line));
  settleProviders(outputFolder(), choice);
  process.exitCode = await runUnder({ ...terraformEnv(), ...choice.env }, command, rest);
}

/** Runs the command with this terminal and returns its exit code as a shell would. */
function runUnder(chosen: Record<string, string>, command: string, args: string[]): Promise<number> {
  const env = { ...process.env, ...chosen };
  env.PATH = [resolve("node_modules/.bin"), env.PATH].join(delimiter); // cdktf itself
  const child = spawn(command, args, { env, stdio: "inherit" });
  // Ctrl-C reaches the child by itself; waiting for it lets Terraform finish what it does and write its state.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
