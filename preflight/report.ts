/** What a person reads after a preflight, and what a program gets. Pure. */
import { printable, printableJson } from "../findings/printable";
import type { Finding } from "./finding";
import { clockOff } from "./judge";
import { bytes } from "./judge-node";
import type { Machine, Preflight } from "./look";

/**
 * 0: nothing is in the way. 1: there are problems. 2: at least one machine could not be looked at, so there may be more.
 * A retired machine that does not answer is none of that.
 */
export function exitCodeOf({ machines, findings }: Preflight): 0 | 1 | 2 {
  if (machines.some(({ node, look }) => !look && !node.retired)) return 2;
  return findings.some(({ severity }) => severity === "problem") ? 1 : 0;
}

/** A table of the machines, then every finding in full. */
export function text(result: Preflight): string {
  const rows = result.machines.map((machine) => row(machine, result.findings));
  const head = ["MACHINE", "CONSUL", "ENVOY", "FREE ON /opt", "CLOCK", "RESULT"];
  const parts = [
    table([head, ...rows.map((cells) => cells.map(printable))]),
    ...alike(result.findings).map(block),
    summary(result),
  ];
  return `${parts.join("\n\n")}\n`;
}

function row({ node, look }: Machine, findings: Finding[]): string[] {
  const result = outcome(findings.filter((finding) => finding.node === node.name));
  if (!look) return [node.name, "?", "?", "?", "?", result];
  const { facts } = look;
  const room = facts.folders.find(({ path }) => path === "/opt/gatehouse")?.free;
  const off = clockOff(look);
  return [
    node.name,
    facts.versions.consul || "-",
    facts.versions.envoy || "-",
    room === undefined ? "-" : bytes(room),
    off === 0 ? "agrees" : `${off > 0 ? "+" : ""}${off.toFixed(1)} s`,
    result,
  ];
}

function outcome(findings: Finding[]): string {
  const counts = count(findings);
  return counts.length > 0 ? counts.join(", ") : "ok";
}

/** "2 problems", "1 note". */
function count(findings: Finding[]): string[] {
  return (["problem", "warning", "note"] as const).flatMap((kind) => {
    const number = findings.filter(({ severity }) => severity === kind).length;
    return number === 0 ? [] : [`${number} ${kind}${number === 1 ? "" : "s"}`];
  });
}

function table(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Findings that differ by their machine alone become one, with all its names. */
function alike(findings: Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const { node, ...rest } of findings) {
    const key = JSON.stringify(rest);
    const before = merged.get(key);
    merged.set(key, { node: before ? `${before.node}, ${node}` : node, ...rest });
  }
  return [...merged.values()];
}

function block({ node, severity, check, found, reason, remedy }: Finding): string {
  const lines = [`${severity}: ${node}: ${check}`, `  found  ${found}`, `  why    ${reason}`, `  do     ${remedy}`];
  return lines.map(printable).join("\n");
}

function summary(result: Preflight): string {
  const counts = count(result.findings);
  const unseen = result.machines.filter(({ look }) => !look).length;
  const machines = `${result.machines.length} machine${result.machines.length === 1 ? "" : "s"}`;
  const told = counts.length === 0 ? "nothing is in the way" : counts.join(", ");
  const blind = unseen === 0 ? "" : `, and ${unseen} could not be looked at`;
  const stop = exitCodeOf(result) === 0 ? "" : " Nothing was changed.";
  return `preflight of mesh ${result.mesh}: ${machines}: ${told}${blind}.${stop}`;
}

/** For programs: the exit code, each machine with what it told, and every finding. */
export function json(result: Preflight): string {
  const machines = result.machines.map(({ node, look }) => ({
    node: node.name,
    address: node.address,
    looked: look !== undefined,
    ...(look && {
      clockOffSeconds: clockOff(look),
      versions: look.facts.versions,
      systemd: look.facts.systemd,
      folders: look.facts.folders.map(({ path, free }) => ({ path, free })),
    }),
  }));
  const { mesh, findings } = result;
  return `${printableJson({ mesh, exitCode: exitCodeOf(result), machines, findings })}\n`;
}
