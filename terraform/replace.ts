/** Applies the stacks with exactly these resources replaced: repairs of the doctor, and rotations. */
import type { Fix } from "../findings";
import { exitCodeOf } from "./ended";
import { prepare } from "./prepare";
import type { Stack } from "./stack";

export interface ReplaceOptions {
  /** The name of this run, for another one that is refused meanwhile. */
  what: string;
  /** Whether Terraform asks before it applies its plan. */
  approved: boolean;
  /** Called for each stack that has something to replace, when it has been initialized. @default nothing */
  beforePlan?: (stack: Stack) => Promise<void>;
}

/**
 * Synthesizes, then applies each stack that has something to replace. All that is printed goes to standard error: standard
 * output is the verdict of whoever calls this.
 * @returns the exit code of what failed, else 0
 */
export function replace(replacements: Fix[], options: ReplaceOptions): Promise<number> {
  return exitCodeOf(replaceIn(replacements, options));
}

async function replaceIn(replacements: Fix[], { what, approved, beforePlan }: ReplaceOptions): Promise<number> {
  for (const stack of await prepare(what, "stderr")) {
    const own = replacements.filter((one) => one.stack === stack.name);
    if (own.length === 0) continue;
    await stack.initialize();
    await beforePlan?.(stack);
    const plain = process.stderr.isTTY ? [] : ["-no-color"];
    const code = await stack.change("apply", [...plain, ...applyArguments(own, approved)]);
    if (code !== 0) return code;
  }
  return 0;
}

/** The arguments of `terraform apply`. */
export function applyArguments(replacements: Fix[], approved: boolean): string[] {
  const replaced = [...new Set(replacements.flatMap(({ replace }) => replace ?? []))].sort();
  return [...(approved ? ["-input=false", "-auto-approve"] : []), ...replaced.map((address) => `-replace=${address}`)];
}
