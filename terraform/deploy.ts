/** The deploy that `gatehouse deploy` and `gatehouse state recover` share. */
import { exitCodeOf } from "./ended";
import { runsElsewhere } from "./env";
import { Interruption } from "./interruption";
import { claim, synthesized } from "./prepare";
import type { Stack } from "./stack";
import { type Ran, unfinished } from "./unfinished";

/** The variables by which a person may have Terraform ask nothing. */
const ASKING = ["TF_INPUT", "TF_CLI_ARGS", "TF_CLI_ARGS_apply"];

export interface DeployOptions {
  /**
   * Looks at the nodes, while Terraform plans.
   * @returns which programs ran there
   * @throws when the deploy must not go on
   */
  preflight: () => Promise<Ran>;
  /** Called for each stack when it has been initialized, before Terraform plans. @default nothing */
  beforePlan?: (stack: Stack) => Promise<void>;
}

/**
 * Preflight, plan, and after a yes the deploy of every stack.
 * @param args of `terraform apply`
 * @returns the exit code of what failed, else 0
 */
export function deploy(args: string[], options: DeployOptions): Promise<number> {
  return exitCodeOf(deployStacks(args, options));
}

async function deployStacks(args: string[], { preflight, beforePlan }: DeployOptions): Promise<number> {
  await claim(["deploy", ...args].join(" "));
  const stop = new Interruption();
  const preparing = synthesized(); // in a process of its own
  preparing.catch(() => {}); // awaited below
  const passed = preflight();
  passed.catch(() => {}); // a declaration that is refused is told once, by `synth`
  const ready = new Set<Stack>();
  const begin = async (stack: Stack) => {
    stop.check(`${stack.name} and what follows it were not deployed.`);
    if (ready.has(stack)) return;
    await stack.initialize();
    await beforePlan?.(stack);
    ready.add(stack);
  };
  try {
    const run: Run = { args, stacks: await preparing, begin, passed };
    const code = asksNothing(args) ? await planAhead(run) : undefined;
    return code ?? (await oneByOne(run));
  } finally {
    stop.forget();
  }
}

interface Run {
  args: string[];
  stacks: Stack[];
  begin: (stack: Stack) => Promise<void>;
  passed: Promise<Ran>;
}

/** Whether the yes of this process can take the place of `-auto-approve`. */
function asksNothing(args: string[]): boolean {
  const settings = [...args, ...ASKING.map((name) => process.env[name])].join("\n");
  const asks = !/-input\b|^(0|false)$/m.test(settings);
  return asks && args.some(isApproval) && !runsElsewhere(process.env);
}

const isApproval = (arg: string): boolean => /^--?auto-approve$/.test(arg);

/**
 * Terraform plans each stack while the nodes are looked at, and is told yes when the preflight has passed and the states can be
 * believed.
 * @returns undefined where a state cannot be believed: nothing was applied
 */
async function planAhead({ args, stacks, begin, passed }: Run): Promise<number | undefined> {
  const others = args.filter((arg) => !isApproval(arg));
  const again: Promise<string[]>[] = [];
  let code = 0;
  for (const stack of stacks) {
    await begin(stack);
    again.push(replacedAgain(stack, args, passed));
    const believed = Promise.all(again).then((all) => all.flat().length === 0);
    const answer = believed.then(
      (yes) => (yes ? "yes\n" : "no\n"),
      () => "no\n",
    );
    code = await stack.change("apply", others, answer);
    if (code !== 0) break;
  }
  // Where the preflight failed its exit code counts.
  return (await Promise.all(again)).flat().length === 0 ? code : undefined;
}

/** Each stack is planned when the preflight has passed. */
async function oneByOne({ args, stacks, begin, passed }: Run): Promise<number> {
  for (const stack of stacks) {
    await begin(stack);
    const replaced = await replacedAgain(stack, args, passed);
    if (replaced.length > 0) console.error(toldOf(stack, replaced));
    const code = await stack.change("apply", [...args, ...replaced.map((address) => `-replace=${address}`)]);
    if (code !== 0) return code;
  }
  return 0;
}

/** Plans to which nothing can be added. */
const GIVEN_PLAN = /^--?(destroy|refresh-only)\b|^[^-]/;

/**
 * Addresses of what the state claims and the nodes do not know of.
 * @throws when the preflight has not passed
 */
async function replacedAgain(stack: Stack, args: string[], passed: Promise<Ran>): Promise<string[]> {
  const ran = await passed;
  if (Object.keys(ran).length === 0 || args.some((arg) => GIVEN_PLAN.test(arg))) return [];
  return unfinished(stack.document, await stack.state(), ran);
}

const toldOf = ({ name }: Stack, addresses: string[]): string =>
  `An earlier deploy of ${name} was killed: its state has resources whose programs did not come to their end on the nodes. ` +
  `They run again: ${addresses.join(", ")}`;
