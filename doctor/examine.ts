/** The whole look at a live mesh. Changes nothing. */

import { drift, type Finding, Layer, markConsequences } from "../findings/finding";
import type { Mesh } from "../model";
import { mapLimit } from "../nodes/map-limit";
import { NODE_MODULE, nodeProgramVersion } from "../toolchain/node-program";
import { lookAtConsul } from "./consul";
import { edgesOf } from "./edges";
import { lookAt } from "./node";
import { tryRoutes } from "./routes";

/** Connections at a time. */
const WIDTH = 16;

/** Everything that differs from the declaration, could not be looked at, or is worth a note. Causes first. */
export async function examine(mesh: Mesh): Promise<Finding[]> {
  const { edges, leftOut } = edgesOf(mesh);
  const version = nodeProgramVersion(NODE_MODULE);
  const [machines, routes] = await Promise.all([
    mapLimit(mesh.nodes, WIDTH, (node) => lookAt(mesh, node, edges, version)),
    tryRoutes(mesh),
  ]);
  const inspected = new Set(mesh.nodes.filter((_, at) => machines[at]?.looked).map(({ name }) => name));
  const consul = await lookAtConsul(mesh, inspected);
  const findings = markConsequences([...machines.flatMap((machine) => machine.findings), ...consul, ...routes]);
  const sorted = findings.sort((a, b) => Number(a.follows) - Number(b.follows) || a.layer - b.layer);
  return leftOut === 0 ? sorted : [...sorted, sampled(edges.length, leftOut)];
}

function sampled(tried: number, leftOut: number): Finding {
  const found = `${leftOut} of those that must be refused were left out of ${tried + leftOut}`;
  const what = { expected: "every edge tried", found, remedy: "nothing to do: config entries were all compared" };
  return { ...drift(Layer.Passes, "edges", what), kind: "note" };
}
