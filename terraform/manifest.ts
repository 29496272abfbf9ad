import { readFileSync } from "node:fs";
import { join } from "node:path";

interface SynthesizedStack {
  dependencies: string[];
  annotations: { level: string; message: string }[];
}

const manifestIn = (output: string): Record<string, SynthesizedStack> =>
  JSON.parse(readFileSync(join(output, "manifest.json"), "utf8")).stacks;

/**
 * The stacks that were synthesized, in the order of their dependencies.
 * @param output cdktf's output folder
 */
export function stacksIn(output: string): string[] {
  const stacks = manifestIn(output);
  const ordered = new Set<string>();
  const place = (name: string): void => {
    for (const before of stacks[name]?.dependencies ?? []) place(before);
    ordered.add(name);
  };
  for (const name of Object.keys(stacks)) place(name);
  return [...ordered];
}

/**
 * Notes and warnings of the stacks that were synthesized, a line each: `note: …`.
 * @param output cdktf's output folder
 */
export function notesIn(output: string): string[] {
  const kinds: Record<string, string> = { "@cdktf/info": "note", "@cdktf/warn": "warning" };
  return Object.values(manifestIn(output)).flatMap(({ annotations }) =>
    annotations.map(({ level, message }) => `${kinds[level] ?? "error"}: ${message}`),
  );
}
