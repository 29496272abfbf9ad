/** Findings for people. Everything that a node or Consul said is made safe for a terminal here. */
import { type Finding, placeText, type Severity } from "./finding";
import { printable } from "./printable";

/** Rows as columns with two spaces in between. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const HEADS = ["WHERE", "EXPECTED", "FOUND", "TO FIX"] as const;

/** A title and one row a finding; nothing when there is none. */
export function findingsTable(title: string, findings: Finding[]): string[] {
  if (findings.length === 0) return [];
  const rows = findings.map(({ where, expected = "", found, remedy }) => [placeText(where), expected, found, remedy]);
  return [title, ...table([HEADS, ...rows]).map((row) => `  ${row}`), ""];
}

/** A finding in full, one line a field. */
export function block({ severity, where, expected, found, why, remedy }: Finding): string {
  const fields = { expected, found, why, do: remedy };
  const width = Math.max(...Object.entries(fields).map(([name, text]) => (text === undefined ? 0 : name.length)));
  const lines = Object.entries(fields).flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${name.padEnd(width)}  ${text}`],
  );
  return [`${severity}: ${placeText(where)}`, ...lines].map(printable).join("\n");
}

/** Findings that differ only in their node become one that names all of the nodes. */
export function alike(findings: Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const { on, what } = finding.where;
    const key = JSON.stringify({ ...finding, where: what });
    const before = merged.get(key);
    merged.set(key, { ...finding, where: { on: before ? `${before.where.on}, ${on}` : on, what } });
  }
  return [...merged.values()];
}

/** "2 problems", "1 note": one text a severity. */
export function counts(findings: Finding[]): string[] {
  return (["problem", "warning", "note"] satisfies Severity[]).flatMap((kind) => {
    const number = findings.filter(({ severity }) => severity === kind).length;
    return number === 0 ? [] : [`${number} ${kind}${number === 1 ? "" : "s"}`];
  });
}
