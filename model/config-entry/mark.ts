/** The mark by which an object in Consul says which mesh it belongs to. */
import type { ConfigEntry } from "./derived";

/** The key in an entry's or a registration's Meta whose value is the mesh's name. */
export const MARK = "gatehouse-mesh";

/** The entry with the mesh's mark, next to the Meta that a person declared. */
export function marked(entry: ConfigEntry, mesh: string): ConfigEntry {
  const { config } = entry;
  return { ...entry, config: { ...config, Meta: { ...(config.Meta as object | undefined), [MARK]: mesh } } };
}
