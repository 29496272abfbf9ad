/** The deploy that `npm run deploy` and `npm run state -- recover` share. */
import { join } from "node:path";
import { type Output, output, runHere } from "../toolchain";
import { claimFolder } from "./claim";
import { COMPLETE, runsElsewhere, terraformEnv } from "./env";
import { initialize } from "./init";
import { stacksIn } from "./manifest";
import { chooseProviders, type ProviderChoice } from "./provider-choice";
import { outputFolder, settleProviders } from "./settle";

/** Ends this run with what the failed part said. */
class Ended extends Error {
  constructor(readonly exitCode: number) {
    super();
  }
}

/** The variables by which a person may have Terraform ask nothing. */
const ASKING = ["TF_INPUT", "TF_CLI_ARGS", "TF_CLI_ARGS_apply"];

/** What a deploy may be asked besides. */
export interface DeployOptions {
  /** Arguments of the preflight. @default none */
  preflight?: string[];
  /** Called for each stack when it has been initialized, before Terraform plans. @default nothing */
  beforePlan?: (stack: InitializedStack) => Promise<void>;
}

/** A stack in whose folder Terraform can work. */
export interface InitializedStack {
  name: string;
  /** With its cdk.tf.json. */
  folder: string;
  /** Runs Terraform there to its end, with the providers of this deploy. */
  terraform(...args: string[]): Promise<Output>;
}

/**
 * Preflight, plan, and after a yes the deploy of every stack.
 * @param args of `terraform apply`
 * @returns the exit code of what failed, else 0
 */
export async function deploy(args: string[], options: DeployOptions = {}): Promise<number> {
  try {
    return await deployStacks(args, options);
  } catch (error) {
    if (error instanceof Ended) return error.exitCode;
    throw error;
  }
}

async function deployStacks(args: string[], options: DeployOptions): Promise<number> {
  const folder = outputFolder();
  await claimFolder(folder, ["deploy", ...args].join(" "));
  const preflight = program("commands/preflight.ts", "--before-deploy", ...(options.preflight ?? []));
  const [choice, synth] = await Promise.all([chooseProviders((line) => console.error(line)), program("main.ts")]);
  tell(synth); // a declaration that is refused is told once
  settleProviders(folder, choice);
  const passed = preflight.then(tell);
  passed.catch(() => {}); // it is heard of below
  for (const stack of stacksIn(folder)) {
    await apply(stack, join(folder, "stacks", stack), choice, { args, passed, beforePlan: options.beforePlan });
  }
  await passed;
  return 0;
}

const program = (...words: string[]) =>
  output(process.execPath, ["--import", "tsx", ...words], {}, { env: { ...process.env, ...COMPLETE } });

function tell({ exitCode, stdout, stderr }: Output): void {
  if (stdout) console.log(stdout);
  if (stderr) console.error(stderr);
  if (exitCode !== 0) throw new Ended(exitCode);
}

interface Apply extends Pick<DeployOptions, "beforePlan"> {
  args: string[];
  /** Ends well when the preflight has. */
  passed: Promise<void>;
}

async function apply(
  name: string,
  folder: string,
  choice: ProviderChoice,
  { args, passed, beforePlan }: Apply,
): Promise<void> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...terraformEnv(), ...choice.env };
  const terraform = join(__dirname, "terraform.sh");
  const init = await initialize(folder, terraform, choice.id, env);
  if (init && init.exitCode !== 0) {
    console.error(`${init.stdout}\n${init.stderr}`);
    throw new Ended(init.exitCode);
  }
  const inFolder = (...words: string[]) => output(terraform, [`-chdir=${folder}`, ...words], {}, { env });
  await beforePlan?.({ name, folder, terraform: inFolder });
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
