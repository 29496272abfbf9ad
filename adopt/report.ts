/** The report for the person who adopts: what is left out, what a takeover changes, what stays foreign. Pure. */
import { printable } from "../findings";
import type { Draft } from "./draft";
import { type Found, isKnownKind, type Workload } from "./found";
import type { RemarkKind } from "./remarks";

const TITLES: Record<RemarkKind, string> = {
  blocks: "Not taken over yet, and why",
  "to do": "To do before a deploy",
  changes: "What taking it over changes",
  foreign: "Stays as it is",
};

const ORDER: RemarkKind[] = ["blocks", "to do", "changes", "foreign"];

export function reportOf(draft: Draft, found: Found): string {
  const { remarks, missing, problems } = draft;
  const of = (kind: RemarkKind) =>
    remarks.filter((one) => one.kind === kind).map(({ about, text }) => `${about}: ${text}`);
  const extra: Record<RemarkKind, string[]> = {
    blocks: problems.map(({ path, reason, remedy }) => `${path}: ${reason}; ${remedy}`),
    "to do": missing.map(({ path, reason, remedy }) => `${path}: ${reason}; ${remedy}`),
    changes: [],
    foreign: foreignOf(draft, found),
  };
  return ORDER.map((kind) => block(TITLES[kind], [...of(kind), ...extra[kind]])).join("");
}

function foreignOf({ left, declaration }: Draft, { consul, unseen }: Found): string[] {
  const names = new Set([...Object.keys(declaration.services ?? {}), ...Object.keys(declaration.gateways ?? {})]);
  const entries = consul.entries.filter(({ Name }) => !names.has(Name)).map(({ Kind, Name }) => `${Kind}/${Name}`);
  const members = new Set(consul.members.map(({ name }) => name));
  const outside = Object.keys(consul.registrations).filter((node) => !members.has(node));
  return [
    ...left.map((one) => `${one.name}: ${placesText(one)}`),
    ...(entries.length > 0 ? [`config entries of Consul: ${entries.join(", ")}`] : []),
    ...outside.map((node) => `${node}: it is in Consul's catalogue and has no agent`),
    ...unseen.map(({ name, why }) => `${name}: it was not looked at, and is not in the declaration: ${why}`),
  ];
}

/** The services and gateways that there are, to choose from. */
export function choiceText(workloads: Workload[]): string {
  return block(
    "Made by hand",
    workloads.map((one) => `${one.name}: ${placesText(one)}`),
  );
}

export function placesText(workload: Workload): string {
  const { kind, places } = workload;
  const what = kind === "" ? "a service" : `an ${kind}`.replace(/^an (?![aeiou])/, "a ");
  const on = places.map(({ node, made }) => [node, ...made.units.map(({ name }) => name)].join(" ")).join(", ");
  return `${what} on ${on}${isKnownKind(workload) ? "" : ", of a kind that Gatehouse does not run"}`;
}

const block = (title: string, lines: string[]): string =>
  lines.length === 0 ? "" : `\n${title}:\n${lines.map((line) => `  ${printable(line)}\n`).join("")}`;
