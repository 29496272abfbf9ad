/** Applies the stacks with exactly these resources replaced: repairs of the doctor, and rotations. */
import { Ended, exitCodeOf } from "./ended";
import { prepare } from "./prepare";

/** A resource that is made again. */
export interface Replacement {
  stack: "cluster" | "mesh";
  /** Its address. @default none: applying the stack is enough */
  replace?: string;
}

export interface ReplaceOptions {
  /** The name of this run, for another one that is refused meanwhile. */
  what: string;
  /** Whether Terraform asks before it applies its plan. */
  approved: boolean;
}

/**
 * Synthesizes, then applies each stack that has something to replace. All that is printed goes to standard error: standard
 * output is the verdict of whoever calls this.
 * @returns the exit code of what failed, else 0
 */
export function replace(replacements: Replacement[], options: ReplaceOptions): Promise<number> {
  return exitCodeOf(replaceIn(replacements, options));
}

async function replaceIn(replacements: Replacement[], { what, approved }: ReplaceOptions): Promise<number> {
  for (const stack of await prepare(what, "stderr")) {
    const own = replacements.filter((one) => one.stack === stack.name);
    if (own.length === 0) continue;
    await stack.initialize();
    const plain = process.stderr.isTTY ? [] : ["-no-color"];
    const code = await stack.change("apply", [...plain, ...applyArguments(own, approved)]);
    if (code !== 0) throw new Ended(code);
  }
  return 0;
}

/** The arguments of `terraform apply`. */
export function applyArguments(replacements: Replacement[], approved: boolean): string[] {
  const replaced = [...new Set(replacements.flatMap(({ replace }) => replace ?? []))].sort();
  return [...(approved ? ["-input=false", "-auto-approve"] : []), ...replaced.map((address) => `-replace=${address}`)];
}
