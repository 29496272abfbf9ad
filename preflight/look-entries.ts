/** Asks for the config entries that a deploy would write over. */

import { type LiveEntry, named } from "../doctor/entries";
import type { Mesh } from "../model";
import { askApi } from "../nodes/consul-api";
import { mapLimit } from "../nodes/map-limit";
import { entryId, entryName } from "../templates";
import { resourcesOf } from "../terraform/mesh-state";
import { type EntryFacts, unmarked } from "./judge-entries";

/** Requests at once. */
const WIDTH = 4;

/**
 * Undefined when Consul does not answer, as before the first deploy. Terraform's state is read only when there is an entry of
 * which nothing else says whose it is.
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
      .filter((entry) => unknown.has(entryName(entry)) && resources.has(`consul_config_entry.${entryId(entry)}`))
      .map(entryName);
    return { present, inState: new Set(inState) };
  } catch (error) {
    return { present, inState: new Set(), stateFault: (error as Error).message };
  }
}

async function presentEntries(mesh: Mesh, kinds: readonly string[], timeout: number): Promise<LiveEntry[] | undefined> {
  try {
    const all = [...new Set([...mesh.configEntries.map(({ kind }) => kind), ...kinds])];
    const lists = await mapLimit(all, WIDTH, async (kind) => {
      const { status, text } = await askApi(
        mesh,
        `config/${kind}?dc=${encodeURIComponent(mesh.consul.datacenter)}`,
        timeout,
      );
      if (status !== 200) throw new Error(`config/${kind}: status ${status}`);
      return (JSON.parse(text) ?? []) as LiveEntry[];
    });
    return lists.flat().map(named);
  } catch {
    return undefined; // `askConsul` tells why
  }
}
