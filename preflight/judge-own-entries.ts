/** Config entries under this mesh's names that neither the declaration nor an earlier deploy wrote. Pure. */

import { type Finding, HERE, ownEntryRemedy, ownEntryWhy, warning, writerOf } from "../findings";
import type { ConfigEntry, Mesh } from "../model";
import { diffOf, type LiveEntry, meshOf, withoutConsulsOwn } from "../nodes";
import { entryName } from "../templates";
import type { EntryFacts } from "./judge-entries";

/** The entries that need Terraform's state to be judged: undeclared ones, and those that differ from the declaration. */
export function unexpected(mesh: Mesh, present: LiveEntry[]): LiveEntry[] {
  if (!mesh.consul.acl) return [];
  const declared = new Map(mesh.configEntries.map((entry) => [entryName(entry), entry]));
  return present.filter((live) => {
    if (writerOf(mesh, live) === undefined) return false;
    const entry = declared.get(nameOf(live));
    // One without a mark is for judgeEntries: a person's, or of an earlier version.
    return entry === undefined || (meshOf(live) === mesh.name && changed(entry.config, live) !== "");
  });
}

export function judgeOwnEntries(mesh: Mesh, { present, written, stateFault }: EntryFacts): Finding[] {
  const declared = new Map(mesh.configEntries.map((entry) => [entryName(entry), entry]));
  return unexpected(mesh, present).flatMap((live) => {
    const before = written.get(nameOf(live));
    if (before && changed(before, live) === "") return []; // as the last deploy left it; this one changes or removes it
    const entry = declared.get(nameOf(live));
    // gatehouse-node writes those that are taken over: Terraform's state has none of them.
    if (entry && !before && (stateFault !== undefined || isTaken(mesh, entry))) return [];
    const finding = entry ? differs(mesh, entry, live) : undeclared(mesh, live);
    return [stateFault === undefined ? finding : { ...finding, why: `${finding.why} (${unread(stateFault)})` }];
  });
}

const nameOf = ({ Kind, Name }: LiveEntry): string => entryName({ kind: Kind, name: Name });
const changed = (config: object, live: LiveEntry): string => diffOf(withoutConsulsOwn(live), config);
const isTaken = ({ takeOver }: Mesh, entry: ConfigEntry): boolean => takeOver.configEntries.includes(entryName(entry));
const unread = (fault: string): string => `Terraform's state, which may have it, could not be read: ${fault}`;

function undeclared(mesh: Mesh, live: LiveEntry): Finding {
  const writer = writerOf(mesh, live) ?? "";
  const owner = meshOf(live);
  const mark = owner === undefined ? "" : `, with the mark of the mesh ${owner}, which whoever writes it can set`;
  return warning(HERE, nameOf(live), {
    found: `Consul has it, and neither this declaration nor the last deploy does${mark}: ${changed({}, live)}`,
    why: ownEntryWhy(writer, live),
    remedy: ownEntryRemedy(writer, live),
  });
}

function differs(mesh: Mesh, { config }: ConfigEntry, live: LiveEntry): Finding {
  const writer = writerOf(mesh, live) ?? "";
  return warning(HERE, nameOf(live), {
    found: `it was changed since Terraform wrote it, and this deploy changes it back: ${changed(config, live)}`,
    why: ownEntryWhy(writer, live),
    remedy: `nothing where a deploy failed half-way or one of you changed it; else look at ${writer} on its nodes, then: npm run rotate -- ${writer}`,
  });
}
