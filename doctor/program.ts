/** gatehouse-node itself against the declaration: whether it is there, its version, and for which mesh it works. */

import { about, drift, type Finding, Layer } from "../findings/finding";
import { layout, type Mesh, type MeshNode } from "../model";
import type { NodeReport } from "../nodes/report";
import type { Output } from "../toolchain/process";
import { type Expected, mendNode, mendProgram } from "./expected";

/** What a shell answers when a program is not there, or cannot be run. */
const NOT_FOUND = [126, 127];

/** Whether the node has no gatehouse-node. */
export function isAbsent({ exitCode, stderr }: Output): boolean {
  return NOT_FOUND.includes(exitCode) && stderr.includes(`${layout.folders.bin}/`);
}

/** What a program says of a document that is made for another version. */
export const OTHER_DOCUMENT = "is not what this gatehouse-node reads";

const where = (mesh: Mesh, node: MeshNode): string => `${node.name}: ${layout.programOf(mesh.name)}`;

/** Without the program nothing of the node can be looked at. A retired node has been emptied then. */
export function absent(mesh: Mesh, { node, instances }: Expected, version: string): Finding[] {
  if (node.retired) return [];
  return [
    drift(Layer.Declared, where(mesh, node), {
      expected: `gatehouse-node ${version}`,
      found: "nothing; the rest of the node could not be looked at",
      mends: mendProgram(mesh, node),
      concerns: instances.map(({ workload }) => about.instance(workload.name, node.name)),
    }),
  ];
}

/** A program of another version, whose report cannot be read. */
export function unreadable(mesh: Mesh, expected: Expected, version: string, found: string | undefined): Finding[] {
  const [finding] = absent(mesh, expected, version);
  if (!finding) return [];
  const other = found === undefined ? "another version" : `gatehouse-node ${found}`;
  return [{ ...finding, found: `${other}; the rest of the node could not be looked at` }];
}

export function compareProgram(mesh: Mesh, node: MeshNode, report: NodeReport, version: string): Finding[] {
  if (node.retired) return [];
  return [...compareVersion(mesh, node, report, version), ...compareRecord(mesh, node, report)];
}

function compareVersion(mesh: Mesh, node: MeshNode, report: NodeReport, version: string): Finding[] {
  if (report.version === version) return [];
  const what = {
    expected: `gatehouse-node ${version}`,
    found: `gatehouse-node ${report.version}`,
    mends: mendProgram(mesh, node),
  };
  return [drift(Layer.Declared, where(mesh, node), what)];
}

/** What the node has on record of this mesh. Others on it are no finding. */
function compareRecord(mesh: Mesh, node: MeshNode, { mesh: record }: NodeReport): Finding[] {
  const wanted = { mesh: mesh.name, node: node.name, role: node.role, tls: mesh.consul.tls };
  const [expected, found] = [wanted, record].map(
    (one) => `mesh ${one.mesh}, node ${one.node}, ${one.role}, ${one.tls ? "with" : "without"} TLS`,
  ) as [string, string];
  if (expected === found) return [];
  return [
    drift(Layer.Declared, `${node.name}: record of the node`, {
      expected,
      found: record.mesh === "" ? "none" : found,
      mends: mendNode(node),
    }),
  ];
}
