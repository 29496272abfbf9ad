/** One node: one connection, and everything that is found there. */

import { about, drift, type Finding, Layer } from "../findings/finding";
import type { Mesh, MeshNode } from "../model";
import { type NodeReport, readReport, Unreadable } from "../nodes/report";
import { runOn } from "../nodes/ssh";
import { inspectProgram } from "../templates";
import type { Output } from "../toolchain/process";
import { compareEdges, type Edge } from "./edges";
import { compareEnvoys } from "./envoys";
import { type Expected, expectedOn } from "./expected";
import { compareFiles } from "./files";
import { absent, compareProgram, isAbsent, OTHER_DOCUMENT, unreadable } from "./program";
import { compareRegistrations } from "./registrations";
import { compareUnits } from "./units";

/** Seconds that a node may spend on trying edges. */
const EDGE_SECONDS = 60;

/** A node's findings. `looked` is false when it could not be looked at. */
export interface Look {
  looked: boolean;
  findings: Finding[];
}

/** `version`: of gatehouse-node, as it would be deployed. */
export async function lookAt(mesh: Mesh, node: MeshNode, edges: Edge[], version: string): Promise<Look> {
  const expected = expectedOn(mesh, node);
  const names = [...mesh.services, ...mesh.gateways].map(({ name }) => name);
  const own = edges.filter(({ from }) => from.node === node);
  const script = inspectProgram({
    mesh: mesh.name,
    node: node.name,
    files: [...new Set(expected.files.map(({ path }) => path))],
    units: expected.units.map(({ unit }) => unit),
    services: expected.units.flatMap(({ unit, binary }) => (binary ? [unit] : [])),
    names,
    envoys: expected.instances.map(({ workload, adminPort }) => ({ name: workload.name, adminPort })),
    edges: own.map(({ trial }) => trial),
    edgeSeconds: EDGE_SECONDS,
  });
  return judgeAnswer(mesh, expected, await runOn(node, script), own, names, version);
}

/** What an answer over ssh means. */
export function judgeAnswer(
  mesh: Mesh,
  expected: Expected,
  answer: Output,
  edges: Edge[],
  names: string[],
  version: string,
): Look {
  const { stdout, stderr, exitCode } = answer;
  if (exitCode === 255) return { looked: false, findings: [unreachable(expected, stderr)] };
  if (isAbsent(answer)) return { looked: false, findings: absent(mesh, expected, version) };
  try {
    const report = readReport(stdout);
    const program = compareProgram(mesh, expected.node, report, version);
    return { looked: true, findings: [...program, ...compareMachine(mesh, expected, report, edges, names)] };
  } catch (error) {
    const found = error instanceof Unreadable ? error.version : undefined;
    const isOther = found === undefined ? stderr.includes(OTHER_DOCUMENT) : found !== version;
    if (isOther) return { looked: false, findings: unreadable(mesh, expected, version, found) };
    return { looked: false, findings: [unreachable(expected, `${(error as Error).message}. ${stderr}`)] };
  }
}

/** Everything but the way there. */
export function compareMachine(
  mesh: Mesh,
  expected: Expected,
  report: NodeReport,
  edges: Edge[],
  names: string[],
): Finding[] {
  const files = compareFiles(expected, report);
  const broken = new Set(files.map(({ where }) => where.slice(`${expected.node.name}: `.length)));
  return [
    ...files,
    ...compareUnits(expected, report, names, broken),
    ...compareRegistrations(mesh, expected, report),
    ...compareEnvoys(mesh, expected.instances, report, Date.now()),
    ...compareEdges(mesh, expected.node, edges, report),
  ];
}

/** A retired node may be gone. */
function unreachable({ node, instances }: Expected, reason: string): Finding {
  const finding = drift(Layer.Declared, `${node.name}: ssh ${node.ssh.user}@${node.address}`, {
    expected: "a look at the node",
    found: reason.replace(/\s+/g, " ").trim().slice(0, 200) || "no answer",
    remedy: node.retired ? "if it is gone, delete the node from the declaration" : "make it reachable, then look again",
    concerns: instances.map(({ workload }) => about.instance(workload.name, node.name)),
  });
  return { ...finding, kind: node.retired ? "note" : "blind" };
}
