/** The report of a preflight, for people and for programs. Pure. */

import { alike, block, counts, exitCodeOf, type Finding, preflightJson, table } from "../findings";
import { layout } from "../model";
import { clockOff } from "./judge";
import { bytes } from "./judge-node";
import type { LookedAt, Preflight } from "./look";

/** A table of the nodes, then every finding in full. */
export function text(result: Preflight): string {
  const rows = result.nodes.map((one) => row(one, result.findings));
  const head = ["NODE", "CONSUL", "ENVOY", "FREE ON /opt", "CLOCK", "RESULT"];
  const parts = [table([head, ...rows]).join("\n"), ...alike(result.findings).map(block), summary(result)];
  return `${parts.join("\n\n")}\n`;
}

function row({ node, look }: LookedAt, findings: Finding[]): string[] {
  const result = counts(findings.filter(({ where }) => where.on === node.name)).join(", ") || "ok";
  if (!look) return [node.name, "?", "?", "?", "?", result];
  const { facts } = look;
  const free = facts.folders.find(({ path }) => path === layout.folders.gatehouse)?.free;
  const off = clockOff(look);
  return [
    node.name,
    facts.versions.consul || "-",
    facts.versions.envoy || "-",
    free === undefined ? "-" : bytes(free),
    off === 0 ? "agrees" : `${off > 0 ? "+" : ""}${off.toFixed(1)} s`,
    result,
  ];
}

function summary({ mesh, nodes, findings }: Preflight): string {
  const unseen = nodes.filter(({ look }) => !look).length;
  const looked = `${nodes.length} node${nodes.length === 1 ? "" : "s"}`;
  const result = counts(findings).join(", ") || "nothing is in the way";
  const blind = unseen === 0 ? "" : `, and ${unseen} could not be looked at`;
  const stop = exitCodeOf(findings) === 0 ? "" : " Nothing was changed.";
  return `preflight of mesh ${mesh}: ${looked}: ${result}${blind}.${stop}`;
}

/** The exit code, the facts of each node, and every finding. */
export function json({ mesh, nodes, findings }: Preflight): string {
  const machines = nodes.map(({ node, look }) => ({
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
  return `${preflightJson(mesh, machines, findings)}\n`;
}
