/** One machine: one connection, and everything that is found there. */
import type { Mesh, MeshNode } from "../model";
import { inspectProgram } from "../templates";
import { compareEdges, type Edge } from "./edges";
import { compareEnvoys } from "./envoys";
import { type Expected, expectedOn } from "./expected";
import { compareFiles } from "./files";
import { about, drift, type Finding, Layer } from "./finding";
import { compareRegistrations } from "./registrations";
import { type MachineReport, readReport } from "./report";
import { runOn } from "./ssh";
import { compareUnits } from "./units";

/** Seconds that a machine may spend on trying edges. */
const EDGE_SECONDS = 60;

/** What is wrong on a machine. `looked` is false when it could not be reached. */
export async function lookAt(
  mesh: Mesh,
  node: MeshNode,
  edges: Edge[],
): Promise<{ looked: boolean; findings: Finding[] }> {
  const expected = expectedOn(mesh, node);
  const names = [...mesh.services, ...mesh.gateways].map(({ name }) => name);
  const own = edges.filter(({ from }) => from.node === node);
  const script = inspectProgram({
    files: [...new Set(expected.files.map(({ path }) => path))],
    units: expected.units.map(({ unit }) => unit),
    services: expected.units.flatMap(({ unit, binary }) => (binary ? [unit] : [])),
    names,
    envoys: expected.instances.map(({ workload, adminPort }) => ({ name: workload.name, adminPort })),
    edges: own.map(({ line }) => line),
    edgeSeconds: EDGE_SECONDS,
  });
  const { stdout, stderr, exitCode } = await runOn(node, script);
  if (exitCode === 255) return { looked: false, findings: [unreachable(expected, stderr)] };
  try {
    return { looked: true, findings: compareMachine(mesh, expected, readReport(stdout), own, names) };
  } catch (error) {
    return { looked: false, findings: [unreachable(expected, `${(error as Error).message}. ${stderr}`)] };
  }
}

/** Everything but the way there. */
export function compareMachine(
  mesh: Mesh,
  expected: Expected,
  report: MachineReport,
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

/** A retired machine may be gone. */
function unreachable({ node, instances }: Expected, reason: string): Finding {
  const finding = drift(Layer.Declared, `${node.name}: ssh ${node.ssh.user}@${node.address}`, {
    expected: "a look at the machine",
    found: reason.replace(/\s+/g, " ").trim().slice(0, 200) || "no answer",
    remedy: node.retired ? "if it is gone, delete the node from the declaration" : "make it reachable, then look again",
    concerns: instances.map(({ workload }) => about.instance(workload.name, node.name)),
  });
  return { ...finding, kind: node.retired ? "note" : "blind" };
}
