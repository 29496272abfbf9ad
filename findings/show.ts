/** Findings for people and for programs. */
import type { Mesh } from "../model";
import { exitCode, type Finding, line } from "./finding";
import { printable, printableJson } from "./printable";

const VERDICTS = ["clean", "drift", "incomplete"] as const;

/** One JSON object: `verdict`, and `findings` with a `line` each for people. */
export function asJson(mesh: Mesh, findings: Finding[]): string {
  const told = findings.map(({ layer, concerns, follows = false, ...finding }) => ({
    ...finding,
    follows,
    line: line({ ...finding, layer, concerns }),
  }));
  return printableJson({ mesh: mesh.name, verdict: VERDICTS[exitCode(findings)], findings: told });
}

const HEADS = ["WHERE", "EXPECTED", "FOUND", "TO MEND"] as const;

/** A table for each sort of finding, and the verdict. */
export function asText(mesh: Mesh, findings: Finding[]): string {
  const drifts = findings.filter(({ kind, follows }) => kind === "drift" && !follows);
  const blind = findings.filter(({ kind, follows }) => kind === "blind" && !follows);
  const follow = findings.filter(({ follows }) => follows);
  const notes = findings.filter(({ kind }) => kind === "note");
  return [
    ...table("Not as declared:", drifts),
    ...table("Could not be looked at:", blind),
    ...table("These follow from the above:", follow),
    ...table("Worth knowing:", notes),
    summary(mesh, drifts.length, blind.length, notes.length),
  ].join("\n");
}

function table(title: string, findings: Finding[]): string[] {
  if (findings.length === 0) return [];
  const cells = ({ where, expected, found, remedy }: Finding) => [where, expected, found, remedy].map(printable);
  const rows = [HEADS, ...findings.map(cells)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const text = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ");
  return [title, ...rows.map((row) => `  ${text(row)}`.trimEnd()), ""];
}

function summary(mesh: Mesh, drifts: number, blind: number, notes: number): string {
  if (drifts + blind === 0) return `${mesh.name}: as declared${notes > 0 ? ` (${notes} to know)` : ""}`;
  const parts = [`${drifts} not as declared`, ...(blind > 0 ? [`${blind} could not be looked at`] : [])];
  return `${mesh.name}: ${parts.join(", ")}`;
}
