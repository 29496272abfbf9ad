/** Asks for the config entries that a deploy would write over. */

import { OWN_KINDS } from "../findings";
import type { Mesh } from "../model";
import { type LiveEntry, readEntries } from "../nodes";
import { entryName } from "../templates";
import { writtenEntries } from "../terraform";
import { type EntryFacts, unmarked } from "./judge-entries";
import { unexpected } from "./judge-own-entries";

/**
 * Undefined when Consul does not answer, as before the first deploy. Terraform's state is read only when it cannot be known from
 * an entry alone who wrote it.
 */
export async function askEntries(
  mesh: Mesh,
  kinds: readonly string[],
  timeout: number,
): Promise<EntryFacts | undefined> {
  const present = await presentEntries(mesh, kinds, timeout);
  if (!present) return undefined;
  if (unmarked(mesh, present).length + unexpected(mesh, present).length === 0) return { present, written: new Map() };
  try {
    const written = await writtenEntries(mesh.name);
    return { present, written: new Map(written.map((entry) => [entryName(entry), entry.config])) };
  } catch (error) {
    return { present, written: new Map(), stateFault: (error as Error).message };
  }
}

async function presentEntries(mesh: Mesh, kinds: readonly string[], timeout: number): Promise<LiveEntry[] | undefined> {
  try {
    const declared = mesh.configEntries.map(({ kind }) => kind);
    return await readEntries(mesh, [...declared, ...kinds, ...(mesh.consul.acl ? OWN_KINDS : [])], timeout);
  } catch {
    return undefined; // the finding of `askConsul` says why
  }
}
