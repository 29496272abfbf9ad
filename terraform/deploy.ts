/** The deploy that `gatehouse deploy` and `gatehouse state recover` share. */
import { Ended, ExitCode, exitCodeOf } from "./ended";
import { runsElsewhere } from "./env";
import { claim, synthesized } from "./prepare";
import type { Stack } from "./stack";

/** The variables by which a person may have Terraform ask nothing. */
const ASKING = ["TF_INPUT", "TF_CLI_ARGS", "TF_CLI_ARGS_apply"];

export interface DeployOptions {
  /** Looks at the nodes, while Terraform plans, and throws when the deploy must not go on. */
  preflight: () => Promise<void>;
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
  try {
    for (const stack of await preparing) {
      stop.check(`${stack.name} and what follows it were not deployed.`);
      await stack.initialize();
      await beforePlan?.(stack);
      await apply(stack, args, passed);
    }
  } finally {
    stop.forget();
  }
  await passed;
  return 0;
}

async function apply(stack: Stack, args: string[], passed: Promise<void>): Promise<void> {
  const others = args.filter((arg) => !/^--?auto-approve$/.test(arg));
  const asks = !/-input\b|^(0|false)$/m.test([...args, ...ASKING.map((name) => process.env[name])].join("\n"));
  let code: number;
  if (asks && others.length < args.length && !runsElsewhere(process.env)) {
    // Terraform plans, and is told yes when the preflight has passed.
    const answer = passed.then(
      () => "yes\n",
      () => "no\n",
    );
    code = await stack.change("apply", others, answer);
  } else {
    await passed;
    code = await stack.change("apply", args);
  }
  if (code === 0) return;
  await passed; // when that failed, its exit code counts
  throw new Ended(code);
}

/** Ctrl-C. Terraform hears it too, and ends with 0 where it had nothing left to do: the next stack must not begin then. */
class Interruption {
  private heard = false;
  private readonly listener = () => {
    this.heard = true;
  };

  constructor() {
    process.on("SIGINT", this.listener);
  }

  check(consequence: string): void {
    if (!this.heard) return;
    console.error(`Interrupted: ${consequence}`);
    throw new Ended(ExitCode.cancelled);
  }

  forget(): void {
    process.off("SIGINT", this.listener);
  }
}
