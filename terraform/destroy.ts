/** Takes the whole mesh away. */
import { exitCodeOf } from "./ended";
import { prepare } from "./prepare";

/**
 * Destroys every stack, the last one first. Terraform asks for each, unless it is told not to.
 * @param args of `terraform destroy`
 * @returns the exit code of what failed, else 0
 */
export function destroy(args: string[]): Promise<number> {
  return exitCodeOf(destroyStacks(args));
}

async function destroyStacks(args: string[]): Promise<number> {
  const stacks = await prepare(["destroy", ...args].join(" "));
  for (const stack of stacks.reverse()) {
    await stack.initialize();
    const code = await stack.change("destroy", args);
    if (code !== 0) return code;
  }
  return 0;
}
