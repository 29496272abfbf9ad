/** The doctor's findings as a person reads them. Pure. */
import { type Finding, findingsTable } from "../findings";
import type { Mesh } from "../model";

/** A table for each sort of finding, and the verdict. */
export function asText(mesh: Mesh, findings: Finding[]): string {
  const notes = findings.filter(({ severity }) => severity === "note");
  const causes = findings.filter(({ severity, follows }) => severity !== "note" && !follows);
  const blind = causes.filter((finding) => finding.blind);
  const drifts = causes.filter((finding) => !finding.blind);
  return [
    ...findingsTable("Not as declared:", drifts),
    ...findingsTable("Could not be looked at:", blind),
    ...findingsTable(
      "These follow from the above:",
      findings.filter(({ follows }) => follows),
    ),
    ...findingsTable("Worth knowing:", notes),
    summary(mesh, drifts.length, blind.length, notes.length),
  ].join("\n");
}

function summary(mesh: Mesh, drifts: number, blind: number, notes: number): string {
  if (drifts + blind === 0) return `${mesh.name}: as declared${notes > 0 ? ` (${notes} to know)` : ""}`;
  const parts = [`${drifts} not as declared`, ...(blind > 0 ? [`${blind} could not be looked at`] : [])];
  return `${mesh.name}: ${parts.join(", ")}`;
}
