/** Compares the whole live mesh with its declaration. Changes nothing. */

import type { Mesh } from "../model";
import { onEveryNode } from "../nodes";
import { NODE_MODULE, nodeProgramVersion } from "../toolchain";
import { drift, Layer, markConsequences, type Symptom } from "./causes";
import { lookAtConsul } from "./consul";
import { edgesOf } from "./edges";
import { inspect } from "./node";
import { tryRoutes } from "./routes";

/** Everything that differs from the declaration, could not be looked at, or is worth a note. Causes first. */
export async function examine(mesh: Mesh): Promise<Symptom[]> {
  const { edges, leftOut } = edgesOf(mesh);
  const version = nodeProgramVersion(NODE_MODULE);
  const [nodes, routes] = await Promise.all([
    onEveryNode(mesh, (node) => inspect(mesh, node, edges, version)),
    tryRoutes(mesh),
  ]);
  const inspected = new Set(mesh.nodes.filter((_, at) => nodes[at]?.looked).map(({ name }) => name));
  const consul = await lookAtConsul(mesh, inspected);
  const findings = markConsequences([...nodes.flatMap((node) => node.findings), ...consul, ...routes]);
  const sorted = findings.sort((a, b) => Number(a.follows ?? false) - Number(b.follows ?? false) || a.layer - b.layer);
  return leftOut === 0 ? sorted : [...sorted, sampled(edges.length, leftOut)];
}

function sampled(tried: number, leftOut: number): Symptom {
  const found = `${leftOut} of those that must be refused were left out of ${tried + leftOut}`;
  const what = { expected: "every edge tried", found, remedy: "nothing to do: config entries were all compared" };
  return { ...drift(Layer.Passes, { on: "edges", what: "" }, what), severity: "note" };
}
