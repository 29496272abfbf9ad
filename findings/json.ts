/** Findings for programs: docs/commands.md describes the fields. */
import { exitCodeOf, type Finding, lineOf, placeText } from "./finding";
import { printableJson } from "./printable";

/** The fields of a finding in the JSON of every command. */
function fieldsOf(finding: Finding): object {
  const { severity, where, found, expected, why, remedy, fix = [], blind = false, follows = false } = finding;
  const line = lineOf(finding);
  return { severity, where: placeText(where), found, expected, why, remedy, fix, blind, follows, line };
}

/** Names that programs know from before there was one kind of finding: `doctor --json` has these too. */
function earlierDoctorFields({ severity, blind, fix = [] }: Finding): object {
  return { kind: severity === "note" ? "note" : blind ? "blind" : "drift", mends: fix };
}

/** The same for `preflight --json`. */
function earlierPreflightFields({ where, why }: Finding): object {
  return { node: where.on, check: where.what, reason: why };
}

const VERDICTS = ["clean", "drift", "incomplete"] as const;

/** The output of `doctor --json`. */
export function doctorJson(mesh: string, findings: Finding[]): string {
  const exitCode = exitCodeOf(findings);
  const list = findings.map((finding) => ({ ...fieldsOf(finding), ...earlierDoctorFields(finding) }));
  return printableJson({ mesh, exitCode, verdict: VERDICTS[exitCode], findings: list });
}

/**
 * The output of `preflight --json`.
 * @param machines the facts of each node
 */
export function preflightJson(mesh: string, machines: object[], findings: Finding[]): string {
  const list = findings.map((finding) => ({ ...fieldsOf(finding), ...earlierPreflightFields(finding) }));
  return printableJson({ mesh, exitCode: exitCodeOf(findings), machines, findings: list });
}
