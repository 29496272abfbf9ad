/** The kernel's rules for ports on loopback against those that a node's instances need. */
import type { NodeReport } from "../nodes";
import { drift, Layer, type Symptom } from "./causes";
import type { Expected } from "./expected";

export function compareFences({ node, instances, sweep }: Expected, { fences }: NodeReport): Symptom[] {
  if (instances.length === 0 && fences.closed.length === 0) return [];
  const where = { on: node.name, what: "fences" };
  if (fences.fault !== "") {
    const what = {
      expected: "ports on loopback closed to programs that have no business there",
      found: `open to every program of the node: ${fences.fault}`,
      remedy:
        "give the node's kernel or container nf_tables, then npm run deploy; until then let no one else log in there",
    };
    return [{ ...drift(Layer.Declared, where, what), severity: "note" }];
  }
  const finding = (expected: string, found: string) => drift(Layer.Declared, where, { expected, found, fix: sweep });
  return [
    ...(fences.open.length > 0
      ? [finding("closed to programs that have no business there", `open on loopback: ${fences.open.join(", ")}`)]
      : []),
    ...(fences.closed.length > 0
      ? [finding("open to programs that need them", `closed on loopback: ${fences.closed.join(", ")}`)]
      : []),
  ];
}
