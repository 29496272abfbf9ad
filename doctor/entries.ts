/** Consul's config entries against the declared ones. */

import { type Fix, ownEntryRemedy, ownEntryWhy, shellWord, writerOf } from "../findings";
import { type ConfigEntry, layout, MARK, type Mesh } from "../model";
import { difference, type LiveEntry, meshOf, withoutConsulsOwn } from "../nodes";
import { entryName } from "../templates";
import { about, drift, Layer, type Symptom } from "./causes";

export function compareEntries(mesh: Mesh, live: LiveEntry[]): Symptom[] {
  const found = new Map(live.map((entry) => [keyOf(entry), entry]));
  const declared = new Set(mesh.configEntries.map(entryName));
  return [
    ...mesh.configEntries.flatMap((entry) => compareEntry(mesh, entry, found.get(entryName(entry)))),
    ...live.filter((entry) => !declared.has(keyOf(entry))).flatMap((entry) => undeclared(mesh, entry)),
  ];
}

const keyOf = ({ Kind, Name }: LiveEntry): string => entryName({ kind: Kind, name: Name });

const concern = (name: string): string => (name === "*" || name === "global" ? about.anyEntry : about.entry(name));

function compareEntry(mesh: Mesh, entry: ConfigEntry, live: LiveEntry | undefined): Symptom[] {
  const owner = live && meshOf(live);
  if (owner !== undefined && owner !== mesh.name) return [ofAnotherMesh(entry, owner)];
  // An entry that was the same already is taken over without a write.
  const expectedOf = owner === undefined && isTaken(mesh, entry) ? withoutMark(entry.config) : entry.config;
  const differs = live
    ? difference(expectedOf, withoutConsulsOwn(live))
    : { at: "", expected: "the entry", found: "nothing" };
  if (!differs) return [];
  const { at, expected, found } = differs;
  const where = { on: "consul", what: `${entryName(entry)}${at && ` ${at}`}` };
  const what = { expected, found, fix: fixOf(mesh, entry), concerns: [concern(entry.name)] };
  return [drift(Layer.Declared, where, { ...what, ...(live && whyOf(mesh, live)) })];
}

/** For an entry that a workload of this mesh may write by itself. */
function whyOf(mesh: Mesh, live: LiveEntry): { why?: string } {
  const writer = mesh.consul.acl ? writerOf(mesh, live) : undefined;
  return writer === undefined ? {} : { why: ownEntryWhy(writer, live) };
}

const isTaken = ({ takeOver }: Mesh, entry: ConfigEntry): boolean => takeOver.configEntries.includes(entryName(entry));

function withoutMark({ Meta, ...config }: ConfigEntry["config"]): object {
  const { [MARK]: _, ...meta } = (Meta ?? {}) as Record<string, string>;
  return { ...config, Meta: meta };
}

/** Terraform sees by itself that an entry differs, but for one that gatehouse-node writes. */
function fixOf(mesh: Mesh, entry: ConfigEntry): Fix[] {
  return [
    { stack: "mesh", ...(isTaken(mesh, entry) && { replace: `null_resource.${layout.resources.takenEntry(entry)}` }) },
  ];
}

function ofAnotherMesh(entry: ConfigEntry, owner: string): Symptom {
  return drift(
    Layer.Declared,
    { on: "consul", what: entryName(entry) },
    {
      expected: "this mesh's entry",
      found: `one of the mesh ${owner}`,
      remedy: "declare it in one of the two meshes",
      concerns: [concern(entry.name)],
    },
  );
}

/** This mesh's by its mark, or about a declared name; all others are not ours to judge. */
function undeclared(mesh: Mesh, entry: LiveEntry): Symptom[] {
  const { Kind, Name } = entry;
  const owner = meshOf(entry);
  const writer = writerOf(mesh, entry);
  const isAboutOurs = writer !== undefined || [...mesh.services, ...mesh.gateways].some(({ name }) => name === Name);
  if (owner !== mesh.name && !isAboutOurs) return [];
  const where = { on: "consul", what: keyOf(entry) };
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
    : "one that is not declared; who made it is unknown";
  const others = owner
    ? `where others need it, write it without the key ${MARK} in its Meta; else: consul config delete ${named}`
    : `read it: consul config read ${named}; then declare it under configEntries, or delete it: consul config delete ${named}`;
  const remedy = writer !== undefined && mesh.consul.acl ? ownEntryRemedy(writer, entry) : others;
  const what = { expected: "no such entry", found, remedy, concerns, ...whyOf(mesh, entry) };
  const finding = drift(Layer.Declared, where, what);
  // When the mesh no longer owns an entry for everyone, a deploy leaves that entry in place.
  return [concerns[0] === about.anyEntry ? { ...finding, severity: "note" } : finding];
}
