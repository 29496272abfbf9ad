/** One node, inspected over one ssh connection. */

import { unseen } from "../findings";
import { hasEnvoy, type Mesh, type MeshNode, processUnitOf } from "../model";
import { type NodeReport, type Output, readReport, runOn, Unreadable } from "../nodes";
import { inspectProgram } from "../templates";
import { about, drift, Layer, type Symptom } from "./causes";
import { keptCopies } from "./copies";
import { compareEdges, type Edge } from "./edges";
import { compareEnvoys } from "./envoys";
import { type Expected, expectedOn } from "./expected";
import { compareFences } from "./fences";
import { compareFiles } from "./files";
import { absent, compareProgram, isAbsent, OTHER_DOCUMENT, unreadable } from "./program";
import { compareRegistrations } from "./registrations";
import { compareUnits } from "./units";

/** Seconds that a node may spend on trying edges. */
const EDGE_SECONDS = 60;

/** A node's findings. `looked` is false when it could not be looked at. */
export interface Look {
  looked: boolean;
  findings: Symptom[];
}

/** @param version of gatehouse-node as a deploy would install it */
export async function inspect(mesh: Mesh, node: MeshNode, edges: Edge[], version: string): Promise<Look> {
  const expected = expectedOn(mesh, node);
  const names = namesIn(mesh);
  const own = edges.filter(({ from }) => from.node === node);
  const script = inspectProgram({
    mesh: mesh.name,
    node: node.name,
    files: [...new Set(expected.files.map(({ path }) => path))],
    units: expected.units.map(({ unit }) => unit),
    services: [
      ...new Set(
        expected.instances.flatMap(({ name, workload }) =>
          workload.kind === "service" ? [processUnitOf(name, workload)] : [],
        ),
      ),
    ],
    names,
    envoys: expected.instances
      .filter(({ workload }) => hasEnvoy(workload))
      .map(({ name, adminPort }) => ({ name, adminPort })),
    edges: own.map(({ trial }) => trial),
    edgeSeconds: EDGE_SECONDS,
  });
  return judgeAnswer(mesh, expected, await runOn(node, script), own, names, version);
}

/** Names that an instance has on a node, and those of all that is declared. */
const namesIn = ({ services, gateways, instances }: Mesh): string[] => [
  ...new Set([...services, ...gateways, ...instances].map(({ name }) => name)),
];

/** The findings that an answer over ssh amounts to. */
export function judgeAnswer(
  mesh: Mesh,
  expected: Expected,
  answer: Output,
  edges: Edge[],
  names: string[],
  version: string,
): Look {
  const { stdout, stderr, exitCode } = answer;
  if (exitCode === 255) return { looked: false, findings: [notInspected(expected, answer)] };
  if (isAbsent(answer)) return { looked: false, findings: absent(mesh, expected, version) };
  try {
    const report = readReport(stdout);
    const program = compareProgram(mesh, expected.node, report, version);
    return { looked: true, findings: [...program, ...compareNode(mesh, expected, report, edges, names)] };
  } catch (error) {
    const found = error instanceof Unreadable ? error.version : undefined;
    const isOther = found === undefined ? stderr.includes(OTHER_DOCUMENT) : found !== version;
    if (isOther) return { looked: false, findings: unreadable(mesh, expected, version, found) };
    const words = `${(error as Error).message}. ${stderr}`.replace(/\s+/g, " ").trim().slice(0, 200);
    return { looked: false, findings: [notInspected(expected, answer, words)] };
  }
}

/** Compares a report with the declaration. Pure but for the clock that certificates are compared with. */
export function compareNode(
  mesh: Mesh,
  expected: Expected,
  report: NodeReport,
  edges: Edge[],
  names: string[],
): Symptom[] {
  const files = compareFiles(expected, report);
  const broken = new Set(files.map(({ where }) => where.what));
  return [
    ...files,
    ...compareUnits(expected, report, names, broken),
    ...compareFences(expected, report),
    ...compareRegistrations(mesh, expected, report),
    ...keptCopies(expected.node, report.copies, Date.now()),
    ...compareEnvoys(mesh, expected.instances, report, Date.now()),
    ...compareEdges(mesh, expected.node, edges, report),
  ];
}

/** ssh failed, or the answer is no report. A retired node may be gone. */
function notInspected({ node, instances }: Expected, answer: Output, found?: string): Symptom {
  const { severity, found: line, why, remedy } = unseen(node, answer);
  const where = { on: node.name, what: `ssh ${node.ssh.user}@${node.address}` };
  const finding = drift(Layer.Declared, where, {
    expected: "a look at the node",
    found: found ?? line,
    why,
    remedy: node.retired ? "if it is gone, delete the node from the declaration" : remedy,
    concerns: instances.map(({ name }) => about.instance(name, node.name)),
  });
  return { ...finding, severity: severity === "problem" ? severity : "note", blind: true };
}
