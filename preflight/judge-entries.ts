/** Config entries in Consul that a deploy would write over: whose they are. Pure. */

import { type Finding, HERE } from "../findings";
import { type ConfigEntry, MARK, type Mesh } from "../model";
import { diffOf, type LiveEntry, meshOf, withoutConsulsOwn } from "../nodes";
import { entryName } from "../templates";

export interface EntryFacts {
  /** Config entries that Consul has, of every kind that the mesh writes. */
  present: LiveEntry[];
  /** Entries that this mesh's Terraform state has, by `kind/name`. Empty when there was no need to read the state. */
  written: Map<string, Record<string, unknown>>;
  /** Why the state could not be read. Undefined when it could, or when there was no need. */
  stateFault?: string;
}

/** A declared entry, and what Consul has under its kind and name. */
interface Pair {
  entry: ConfigEntry;
  live: LiveEntry;
}

/** Without a mark, and not named by `takeOver`: of a person, or of this mesh as an earlier Gatehouse deployed it. */
export function unmarked(mesh: Mesh, present: LiveEntry[]): string[] {
  return pairs(mesh, present)
    .filter(({ live, entry }) => meshOf(live) === undefined && !isTaken(mesh, entry))
    .map(({ entry }) => entryName(entry));
}

export function judgeEntries(mesh: Mesh, { present, written, stateFault }: EntryFacts): Finding[] {
  return pairs(mesh, present).flatMap(({ entry, live }) => {
    const owner = meshOf(live);
    if (owner === mesh.name) return [];
    if (owner !== undefined) return [ofAnotherMesh(mesh, entry, owner)];
    if (isTaken(mesh, entry)) return [takenOver(entry, live)];
    return written.has(entryName(entry)) ? [] : [byHand(entry, live, stateFault)];
  });
}

function pairs({ configEntries }: Mesh, present: LiveEntry[]): Pair[] {
  const named = new Map(present.map((live) => [entryName({ kind: live.Kind, name: live.Name }), live]));
  return configEntries.flatMap((entry) => {
    const live = named.get(entryName(entry));
    return live ? [{ entry, live }] : [];
  });
}

const isTaken = ({ takeOver }: Mesh, entry: ConfigEntry): boolean => takeOver.configEntries.includes(entryName(entry));

function ofAnotherMesh({ name }: Mesh, entry: ConfigEntry, owner: string): Finding {
  return {
    severity: "problem",
    where: { on: HERE, what: entryName(entry) },
    found: `in Consul it belongs to mesh ${owner}`,
    why: `a config entry belongs to one mesh: a deploy of ${name} would undo what ${owner} declares, and the other way round`,
    remedy: `declare it in one of the two; if ${owner} was only renamed to ${name}, name it ${owner} again: the name is also that of its state`,
  };
}

function takenOver(entry: ConfigEntry, live: LiveEntry): Finding {
  return {
    severity: "note",
    where: { on: HERE, what: entryName(entry) },
    found: foundText(entry, live),
    why: "takeOver.configEntries names it: it is recorded in Consul before this mesh writes its own",
    remedy: `nothing; destroy, and a deploy without it, put it back as it is now${forEveryAgent(entry, live)}`,
  };
}

/** Consul's agents take a service for as healthy as it was when it was registered, until its next check. */
function forEveryAgent(entry: ConfigEntry, live: LiveEntry): string {
  if (entry.kind !== "proxy-defaults" || isSame(entry, live)) return "";
  return ". With the new entry each agent registers its services again, in the health of their first moment until their next check: run `consul reload` on every node of this Consul before, so that they are registered as healthy";
}

function byHand(entry: ConfigEntry, live: LiveEntry, stateFault: string | undefined): Finding {
  const name = entryName(entry);
  const unsure = stateFault === undefined ? "" : ` (Terraform's state could not be read: ${stateFault})`;
  return {
    severity: "problem",
    where: { on: HERE, what: name },
    found: foundText(entry, live),
    why: `it is not known to be this mesh's${unsure}: a deploy would write over it, and destroy would delete it`,
    remedy: `to have this mesh write it: \`takeOver: { configEntries: [${JSON.stringify(name)}] }\`, and destroy puts it back; else ${elsewhere(entry)}`,
  };
}

function foundText({ config }: ConfigEntry, live: LiveEntry): string {
  const diff = contentDiff(config, live);
  return diff === ""
    ? "Consul has it with the same content, and no mesh's mark"
    : `Consul has it without a mesh's mark, and this deploy changes it: ${diff}`;
}

const isSame = ({ config }: ConfigEntry, live: LiveEntry): boolean => contentDiff(config, live) === "";

/** But for the mark. */
function contentDiff({ Meta, ...config }: ConfigEntry["config"], live: LiveEntry): string {
  const { [MARK]: _, ...meta } = (Meta ?? {}) as Record<string, string>;
  return diffOf(withoutConsulsOwn(live), { ...config, Meta: meta });
}

const OWNED: Record<string, string> = {
  "proxy-defaults/global": "proxy-defaults",
  "service-intentions/*": "default-deny",
  "mesh/mesh": "mesh",
};

function elsewhere(entry: ConfigEntry): string {
  const owned = OWNED[entryName(entry)];
  return owned ? `leave "${owned}" out of consul.owns` : "declare it under another name, or remove it from Consul";
}
