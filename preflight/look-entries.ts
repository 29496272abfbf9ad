/** Asks for the config entries that a deploy would write over. */

import { layout, type Mesh } from "../model";
import { type LiveEntry, readEntries } from "../nodes";
import { entryName } from "../templates";
import { resourcesOf } from "../terraform";
import { type EntryFacts, unmarked } from "./judge-entries";

/**
 * Undefined when Consul does not answer, as before the first deploy. Terraform's state is read only when the owner of an
 * entry cannot be known from the entry itself.
 */
export async function askEntries(
  mesh: Mesh,
  kinds: readonly string[],
  timeout: number,
): Promise<EntryFacts | undefined> {
  const present = await presentEntries(mesh, kinds, timeout);
  if (!present) return undefined;
  const unknown = new Set(unmarked(mesh, present));
  if (unknown.size === 0) return { present, inState: unknown };
  try {
    const resources = await resourcesOf(mesh.name, "mesh");
    const inState = mesh.configEntries
      .filter(
        (entry) =>
          unknown.has(entryName(entry)) && resources.has(`consul_config_entry.${layout.resources.entry(entry)}`),
      )
      .map(entryName);
    return { present, inState: new Set(inState) };
  } catch (error) {
    return { present, inState: new Set(), stateFault: (error as Error).message };
  }
}

async function presentEntries(mesh: Mesh, kinds: readonly string[], timeout: number): Promise<LiveEntry[] | undefined> {
  try {
    return await readEntries(mesh, [...mesh.configEntries.map(({ kind }) => kind), ...kinds], timeout);
  } catch {
    return undefined; // the finding of `askConsul` says why
  }
}
