/** Takes the whole mesh away. */
import { exitCodeOf } from "./ended";
import { prepare } from "./prepare";
import type { Stack } from "./stack";

/**
 * Destroys every stack, the last one first. Terraform asks for each, unless it is told not to.
 * @param args of `terraform destroy`
 * @param beforePlan called for each stack when it has been initialized
 * @returns the exit code of what failed, else 0
 */
export function destroy(args: string[], beforePlan: (stack: Stack) => Promise<void>): Promise<number> {
  return exitCodeOf(destroyStacks(args, beforePlan));
}

async function destroyStacks(args: string[], beforePlan: (stack: Stack) => Promise<void>): Promise<number> {
  const stacks = await prepare(["destroy", ...args].join(" "));
  for (const stack of stacks.reverse()) {
    await stack.initialize();
    await beforePlan(stack);
    const code = await stack.change("destroy", args);
    if (code !== 0) return code;
  }
  return 0;
}
