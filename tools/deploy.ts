/**
 * `npm run deploy`: preflight, plan, and after a yes the deploy of every stack.
 *   npm run deploy [-- --auto-approve]    other options are handed to `terraform apply`, for example -replace=ADDRESS
 *
 * It does what `cdktf deploy '*'` does, without the start of cdktf's own program, which takes longer than a plan. The
 * preflight looks at the machines meanwhile; nothing is applied before it has passed.
 */
import { join } from "node:path";
import { initialize } from "./init";
import { stacksIn } from "./manifest";
import { claimFolder } from "./one-run";
import { type Output, output } from "./process";
import { chooseProviders, type ProviderChoice } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";
import { runsElsewhere, terraformEnv } from "./terraform-env";
import { runHere } from "./with-terminal";

/** Ends this run with what the failed part said. */
class Ended extends Error {
  constructor(readonly exitCode: number) {
    super();
  }
}

/** The variables by which a person may have Terraform ask nothing. */
const ASKING = ["TF_INPUT", "TF_CLI_ARGS", "TF_CLI_ARGS_apply"];

async function main(args: string[]): Promise<number> {
  const folder = outputFolder();
  await claimFolder(folder, ["deploy", ...args].join(" "));
  const preflight = program("doctor/preflight-cli.ts", "--before-deploy");
  const [choice, synth] = await Promise.all([chooseProviders((line) => console.error(line)), program("main.ts")]);
  tell(synth); // a declaration that is refused is told once
  settleProviders(folder, choice);
  const passed = preflight.then(tell);
  passed.catch(() => {}); // it is heard of below
  for (const stack of stacksIn(folder)) await apply(join(folder, "stacks", stack), choice, args, passed);
  await passed;
  return 0;
}

const program = (...words: string[]) => output(process.execPath, ["--import", "tsx", ...words]);

function tell({ exitCode, stdout, stderr }: Output): void {
  if (stdout) console.log(stdout);
  if (stderr) console.error(stderr);
  if (exitCode !== 0) throw new Ended(exitCode);
}

async function apply(folder: string, choice: ProviderChoice, args: string[], passed: Promise<void>): Promise<void> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...terraformEnv(), ...choice.env };
  const terraform = join(__dirname, "terraform.sh");
  const init = await initialize(folder, terraform, choice.id, env);
  if (init && init.exitCode !== 0) {
    console.error(`${init.stdout}\n${init.stderr}`);
    throw new Ended(init.exitCode);
  }
  const command = [`-chdir=${folder}`, "apply"];
  const others = args.filter((arg) => !/^--?auto-approve$/.test(arg));
  const asks = !/-input\b|^(0|false)$/m.test([...args, ...ASKING.map((name) => env[name])].join("\n"));
  let code: number;
  if (asks && others.length < args.length && !runsElsewhere(env)) {
    // Terraform plans, and is told yes when the preflight has passed.
    const answer = passed.then(
      () => "yes\n",
      () => "no\n",
    );
    code = await runHere(terraform, [...command, ...others], env, { answer });
  } else {
    await passed;
    code = await runHere(terraform, [...command, ...args], env);
  }
  if (code === 0) return;
  await passed; // when that failed, its exit code counts
  throw new Ended(code);
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
