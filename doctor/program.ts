/** gatehouse-node itself against the declaration: whether it is there, its version, and for which mesh it works. */

import type { Place } from "../findings";
import { layout, type Mesh, type MeshNode } from "../model";
import type { NodeReport, Output } from "../nodes";
import { about, drift, Layer, type Symptom } from "./causes";
import { type Expected, fixNode, fixProgram } from "./expected";

/** Exit codes of a shell that cannot run a program, or does not find it. */
const NOT_FOUND = [126, 127];

/** Whether the node has no gatehouse-node. */
export function isAbsent({ exitCode, stderr }: Output): boolean {
  return NOT_FOUND.includes(exitCode) && stderr.includes(`${layout.folders.bin}/`);
}

/** The message of a program that gets a document for another version. */
export const OTHER_DOCUMENT = "is not what this gatehouse-node reads";

const where = (mesh: Mesh, node: MeshNode): Place => ({ on: node.name, what: layout.programOf(mesh.name) });

/** Without the program nothing on the node can be inspected. A retired node without one has been emptied. */
export function absent(mesh: Mesh, { node, instances }: Expected, version: string): Symptom[] {
  if (node.retired) return [];
  return [
    drift(Layer.Declared, where(mesh, node), {
      expected: `gatehouse-node ${version}`,
      found: "nothing; the rest of the node could not be looked at",
      fix: fixProgram(mesh, node),
      concerns: instances.map(({ name }) => about.instance(name, node.name)),
    }),
  ];
}

/** A program of another version, whose report cannot be read. */
export function unreadable(mesh: Mesh, expected: Expected, version: string, found: string | undefined): Symptom[] {
  const [finding] = absent(mesh, expected, version);
  if (!finding) return [];
  const other = found === undefined ? "another version" : `gatehouse-node ${found}`;
  return [{ ...finding, found: `${other}; the rest of the node could not be looked at` }];
}

export function compareProgram(mesh: Mesh, node: MeshNode, report: NodeReport, version: string): Symptom[] {
  if (node.retired) return [];
  return [...compareVersion(mesh, node, report, version), ...compareRecord(mesh, node, report)];
}

function compareVersion(mesh: Mesh, node: MeshNode, report: NodeReport, version: string): Symptom[] {
  if (report.version === version) return [];
  const what = {
    expected: `gatehouse-node ${version}`,
    found: `gatehouse-node ${report.version}`,
    fix: fixProgram(mesh, node),
  };
  return [drift(Layer.Declared, where(mesh, node), what)];
}

/** The record of this mesh on the node. Records of other meshes are no finding. */
function compareRecord(mesh: Mesh, node: MeshNode, { mesh: record }: NodeReport): Symptom[] {
  const wanted = { mesh: mesh.name, node: node.name, role: node.role, tls: mesh.consul.tls };
  const [expected, found] = [wanted, record].map(
    (one) => `mesh ${one.mesh}, node ${one.node}, ${one.role}, ${one.tls ? "with" : "without"} TLS`,
  ) as [string, string];
  if (expected === found) return [];
  return [
    drift(
      Layer.Declared,
      { on: node.name, what: "record of the node" },
      {
        expected,
        found: record.mesh === "" ? "none" : found,
        fix: fixNode(node),
      },
    ),
  ];
}
