/**
 * `npm run deploy`: preflight, plan, and after a yes the deploy of every stack.
 *   npm run deploy [-- --auto-approve]    other options are handed to `terraform apply`, for example -replace=ADDRESS
 *
 * It does what `cdktf deploy '*'` does, without the start of cdktf's own program, which takes longer than a plan; and it
 * synthesizes while it looks at the machines.
 */
import { join } from "node:path";
import { stacksIn } from "./manifest";
import { claimFolder } from "./one-run";
import { output } from "./process";
import { chooseProviders, type ProviderChoice } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";
import { terraformEnv } from "./terraform-env";
import { runHere } from "./with-terminal";

/** Ends this run with what the failed part said. */
class Ended extends Error {
  constructor(readonly exitCode: number) {
    super();
  }
}

async function main(args: string[]): Promise<number> {
  const folder = outputFolder();
  await claimFolder(folder, ["deploy", ...args].join(" "));
  const [choice] = await Promise.all([chooseProviders((line) => console.error(line)), synthAndLook()]);
  settleProviders(folder, choice);
  for (const stack of stacksIn(folder)) await apply(join(folder, "stacks", stack), choice, args);
  return 0;
}

/** Both at the same time. A declaration that is refused is told once. */
async function synthAndLook(): Promise<void> {
  const program = (...words: string[]) => output(process.execPath, ["--import", "tsx", ...words]);
  const [synth, preflight] = await Promise.all([
    program("main.ts"),
    program("doctor/preflight-cli.ts", "--before-deploy"),
  ]);
  for (const { exitCode, stdout, stderr } of [synth, preflight]) {
    if (stdout) console.log(stdout);
    if (stderr) console.error(stderr);
    if (exitCode !== 0) throw new Ended(exitCode);
  }
}

async function apply(folder: string, choice: ProviderChoice, args: string[]): Promise<void> {
  const env = { ...process.env, ...terraformEnv(), ...choice.env };
  const terraform = join(__dirname, "terraform.sh");
  const init = await output(terraform, [`-chdir=${folder}`, "init", "-input=false"], {}, { env });
  if (init.exitCode !== 0) {
    console.error(`${init.stdout}\n${init.stderr}`);
    throw new Ended(init.exitCode);
  }
  const code = await runHere(terraform, [`-chdir=${folder}`, "apply", ...args], env);
  if (code !== 0) throw new Ended(code);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    if (!(error instanceof Ended)) console.error(error.message);
    process.exitCode = error instanceof Ended ? error.exitCode : 1;
  },
);
