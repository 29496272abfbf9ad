import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The stacks that were synthesized, in the order of their dependencies.
 * @param output cdktf's output folder
 */
export function stacksIn(output: string): string[] {
  const { stacks } = JSON.parse(readFileSync(join(output, "manifest.json"), "utf8")) as {
    stacks: Record<string, { dependencies: string[] }>;
  };
  const ordered = new Set<string>();
  const place = (name: string): void => {
    for (const before of stacks[name]?.dependencies ?? []) place(before);
    ordered.add(name);
  };
  for (const name of Object.keys(stacks)) place(name);
  return [...ordered];
}
