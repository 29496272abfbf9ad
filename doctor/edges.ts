/** Allowed and refused calls, tried for real from the callers' nodes. */

import { hasEnvoy, type Instance, type Mesh, type MeshNode } from "../model";
import type { NodeReport } from "../nodes";
import type { EdgeTrial } from "../templates";
import { about, drift, Layer, type Symptom } from "./causes";
import { needs, reachOf, type Verdict, verdict } from "./reach";

/** One attempt. */
export interface Edge {
  /** As gatehouse-node tries it. */
  trial: EdgeTrial & { expect: Verdict; through: "upstream" | "certificate" };
  /** The instance that calls. */
  from: Instance;
  /** The service that is called. */
  to: string;
  /** The node whose sidecar is asked; undefined where Envoy chooses. */
  at?: MeshNode;
}

/** Edges that are not allowed and tried at most. Their number grows with the square of the services'. */
export const MOST_REFUSALS = 200;

/** Every edge to be tried, and how many that must be refused were left out. */
export function edgesOf(mesh: Mesh): { edges: Edge[]; leftOut: number } {
  const refused = refusedEdges(mesh);
  const step = Math.max(1, refused.length / MOST_REFUSALS);
  const sample = Array.from(
    { length: Math.min(refused.length, MOST_REFUSALS) },
    (_, i) => refused[Math.floor(i * step)]!,
  );
  return { edges: [...upstreamEdges(mesh), ...sample], leftOut: refused.length - sample.length };
}

function upstreamEdges(mesh: Mesh): Edge[] {
  return mesh.instances.flatMap((from) => {
    if (from.workload.kind !== "service") return [];
    const caller = from.workload.name;
    return from.workload.upstreams.map(({ name, localPort }): Edge => {
      const verdicts = new Set([...reachOf(mesh, name)].map((one) => verdict(mesh, caller, one)));
      const expect = verdicts.size === 1 ? [...verdicts][0]! : "either";
      const id = `${from.name}@${from.node.name}>${name}`;
      const protocol = protocolOf(mesh, name);
      return { trial: { id, expect, through: "upstream", protocol, port: localPort }, from, to: name };
    });
  });
}

/** From the first instance of each workload to every instance that must refuse it. */
function refusedEdges(mesh: Mesh): Edge[] {
  const callers = [...mesh.services, ...mesh.gateways].flatMap(
    ({ name }) => mesh.instances.find(({ workload }) => workload.name === name && hasEnvoy(workload)) ?? [],
  );
  const called = mesh.instances.filter(({ workload }) => workload.kind === "service" && workload.port !== undefined);
  return callers.flatMap((from) =>
    called
      .filter(({ workload }) => workload.name !== from.workload.name)
      .filter(({ workload }) => verdict(mesh, from.workload.name, workload.name) === "refused")
      .map((to) => refusedEdge(mesh, from, to)),
  );
}

function refusedEdge(mesh: Mesh, from: Instance, { name, workload, node, sidecarPort }: Instance): Edge {
  const caller = from.workload.name;
  const id = `${caller}@${from.node.name}>${name}@${node.name}`;
  const called = { protocol: protocolOf(mesh, workload.name), host: node.address, port: sidecarPort ?? 0 };
  return {
    trial: { id, expect: "refused", through: "certificate", caller, ...called },
    from,
    to: workload.name,
    at: node,
  };
}

function protocolOf(mesh: Mesh, name: string): string {
  return [...mesh.services, ...mesh.others].find((service) => service.name === name)?.protocol ?? "tcp";
}

/** Edges that a node had no time for make one finding. */
export function compareEdges(mesh: Mesh, node: MeshNode, edges: Edge[], report: NodeReport): Symptom[] {
  const answers = new Map(report.edges.map((edge) => [edge.id, edge]));
  const untried = edges.filter(({ trial }) => !answers.has(trial.id));
  const found = edges.flatMap((edge) => {
    const { answer = "", detail = "" } = answers.get(edge.trial.id) ?? {};
    const { expect } = edge.trial;
    const right = answer === expect || (expect === "either" && answer !== "failed");
    return answer === "" || right ? [] : [wrong(mesh, edge, answer, detail)];
  });
  if (untried.length === 0) return found;
  const what = { expected: `${edges.length} edges tried`, found: `time for ${edges.length - untried.length}` };
  const blind = drift(
    Layer.Passes,
    { on: node.name, what: "edges" },
    { ...what, remedy: "the node is slow: look again" },
  );
  return [...found, { ...blind, blind: true }];
}

function wrong(
  mesh: Mesh,
  { from, to, at, trial: { expect, through } }: Edge,
  answer: string,
  detail: string,
): Symptom {
  const caller = from.workload.name;
  const where = { on: from.node.name, what: `${caller} -> ${to}${at ? ` on ${at.name}` : ""}` };
  return drift(Layer.Passes, where, {
    expected: expect === "either" ? "an answer" : expect,
    found: `${answer}: ${detail} (${through === "upstream" ? "through its upstream port" : "with its certificate"})`,
    remedy: mesh.others.some(({ name }) => name === to)
      ? `others run ${to}: have them allow the call; compare: consul intention check ${caller} ${to}`
      : `compare: consul intention check ${caller} ${to}`,
    concerns: [about.instance(from.name, from.node.name), about.entry(caller), ...needs(mesh, [to])],
  });
}
