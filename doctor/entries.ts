/** Consul's config entries against the declared ones. */

import { about, drift, type Finding, Layer, type Mend } from "../findings/finding";
import { shellWord } from "../findings/printable";
import { type ConfigEntry, MARK, type Mesh } from "../model";
import { entryName, takenId } from "../templates";

/** An entry as Consul's API gives it. */
export type LiveEntry = Record<string, unknown> & { Kind: string; Name: string };

/** The one entry of kind `mesh` has a name that Consul does not tell. */
export const named = (entry: LiveEntry): LiveEntry => (entry.Name ? entry : { ...entry, Name: entry.Kind });

/** By whose mark an entry is; undefined without one. An expansion marks what it made until Terraform has written it. */
export function meshOf({ Meta }: LiveEntry): string | undefined {
  const meta = (Meta ?? {}) as Record<string, string>;
  return meta[MARK] ?? meta["gatehouse-handover"];
}

/** Kinds that Gatehouse derives or checks; of others only the declared entries are looked at. */
export const OUR_KINDS = [
  "proxy-defaults",
  "service-defaults",
  "service-intentions",
  "service-resolver",
  "service-splitter",
  "service-router",
  "ingress-gateway",
];

export function compareEntries(mesh: Mesh, live: LiveEntry[]): Finding[] {
  const found = new Map(live.map((entry) => [keyOf(entry), entry]));
  const declared = new Set(mesh.configEntries.map(entryName));
  return [
    ...mesh.configEntries.flatMap((entry) => compareEntry(mesh, entry, found.get(entryName(entry)))),
    ...live.filter((entry) => !declared.has(keyOf(entry))).flatMap((entry) => undeclared(mesh, entry)),
  ];
}

const keyOf = ({ Kind, Name }: LiveEntry): string => entryName({ kind: Kind, name: Name });

const concern = (name: string): string => (name === "*" || name === "global" ? about.anyEntry : about.entry(name));

function compareEntry(mesh: Mesh, entry: ConfigEntry, live: LiveEntry | undefined): Finding[] {
  const owner = live && meshOf(live);
  if (owner !== undefined && owner !== mesh.name) return [ofAnotherMesh(entry, owner)];
  // An entry that was the same already is taken over without a write.
  const expectedOf = owner === undefined && isTaken(mesh, entry) ? withoutMark(entry.config) : entry.config;
  const differs = live
    ? difference(expectedOf, withoutConsulsOwn(live))
    : { at: "", expected: "the entry", found: "nothing" };
  if (!differs) return [];
  const { at, expected, found } = differs;
  const where = `consul: ${entryName(entry)}${at && ` ${at}`}`;
  return [
    drift(Layer.Declared, where, { expected, found, mends: mendsOf(mesh, entry), concerns: [concern(entry.name)] }),
  ];
}

const isTaken = ({ takeOver }: Mesh, entry: ConfigEntry): boolean => takeOver.configEntries.includes(entryName(entry));

function withoutMark({ Meta, ...config }: ConfigEntry["config"]): object {
  const { [MARK]: _, ...meta } = (Meta ?? {}) as Record<string, string>;
  return { ...config, Meta: meta };
}

/** Terraform sees by itself that an entry differs, but for one that gatehouse-node writes. */
function mendsOf(mesh: Mesh, entry: ConfigEntry): Mend[] {
  return [{ stack: "mesh", ...(isTaken(mesh, entry) && { replace: `null_resource.${takenId(entry)}` }) }];
}

function ofAnotherMesh(entry: ConfigEntry, owner: string): Finding {
  return drift(Layer.Declared, `consul: ${entryName(entry)}`, {
    expected: "this mesh's entry",
    found: `one of the mesh ${owner}`,
    remedy: "declare it in one of the two meshes",
    concerns: [concern(entry.name)],
  });
}

/** This mesh's by its mark, or about a declared name; all others are no one's business here. */
function undeclared(mesh: Mesh, entry: LiveEntry): Finding[] {
  const { Kind, Name } = entry;
  const owner = meshOf(entry);
  const isAboutOurs = [...mesh.services, ...mesh.gateways].some(({ name }) => name === Name);
  if (owner !== mesh.name && !isAboutOurs) return [];
  const where = `consul: ${keyOf(entry)}`;
  const named = `-kind ${shellWord(Kind)} -name ${shellWord(Name)}`;
  const concerns = [concern(Name)];
  if (owner !== undefined && owner !== mesh.name) {
    const found = `one of the mesh ${owner}, about what this mesh declares`;
    return [
      drift(Layer.Declared, where, { expected: "no such entry", found, remedy: `take it out of ${owner}`, concerns }),
    ];
  }
  const found = owner
    ? "one with this mesh's mark, which is not declared"
    : "one that nobody declared; who made it is unknown";
  const remedy = owner
    ? `where others need it, write it without the key ${MARK} in its Meta; else: consul config delete ${named}`
    : `read it: consul config read ${named}; then declare it under configEntries, or delete it: consul config delete ${named}`;
  const finding = drift(Layer.Declared, where, { expected: "no such entry", found, remedy, concerns });
  // A deploy leaves what is for everyone when the mesh owns it no more.
  return [concerns[0] === about.anyEntry ? { ...finding, kind: "note" } : finding];
}

/** An entry's content. */
export function withoutConsulsOwn(entry: LiveEntry): Record<string, unknown> {
  const { Kind, Name, CreateIndex, ModifyIndex, Hash, Partition, Namespace, Status, ...config } = entry;
  return config;
}

export interface Difference {
  /** `Sources[0].Action`; empty for the whole. */
  at: string;
  expected: string;
  found: string;
}

/** The first place where two values mean different things to Consul. What is left out means its empty value. */
export function difference(expected: unknown, found: unknown, at = ""): Difference | undefined {
  const [a, b] = [normal(expected, at), normal(found, at)];
  if (isEmpty(a) && isEmpty(b) && (a === undefined || b === undefined)) return undefined;
  if (typeof a === "object" && typeof b === "object") {
    if (Array.isArray(a) !== Array.isArray(b)) return { at, expected: shown(expected), found: shown(found) };
    return insideDifference(a as Record<string, unknown>, b as Record<string, unknown>, at);
  }
  return a === b ? undefined : { at, expected: shown(expected), found: shown(found) };
}

function insideDifference(a: Record<string, unknown>, b: Record<string, unknown>, at: string): Difference | undefined {
  const [expected, found] = [callers(a, at), callers(b, at)];
  if (expected !== found) return { at, expected, found };
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const step = Array.isArray(a) ? `[${key}]` : at ? `.${key}` : key;
    const inner = difference(a[key], b[key], at + step);
    if (inner) return inner;
  }
  return undefined;
}

/** Who an intention is about. Empty for anything else. */
function callers(value: object, at: string): string {
  return at === "Sources"
    ? Object.values(value)
        .map(({ Name }) => Name)
        .join(", ")
    : "";
}

/** Null is nothing, lengths of time are numbers, and the order of an intention's sources says nothing. */
function normal(value: unknown, at: string): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value) && at === "Sources") {
    return [...value].sort((one: { Name: string }, other: { Name: string }) => (one.Name < other.Name ? -1 : 1));
  }
  return typeof value === "string" ? (nanoseconds(value) ?? value) : value;
}

const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `1m30s`, as Go writes lengths of time. */
function nanoseconds(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g);
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit ?? ""]!, 0);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

const shown = (value: unknown): string =>
  value === undefined || value === null ? "nothing" : JSON.stringify(value).slice(0, 80);
