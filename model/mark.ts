/** How an object in Consul says whose it is. */
import type { ConfigEntry } from "./mesh";

/** The key in an entry's or a registration's Meta whose value is the mesh's name. */
export const MARK = "gatehouse-mesh";

/** The entry with the mesh's mark, next to the Meta that a person declared. */
export function marked(entry: ConfigEntry, mesh: string): ConfigEntry {
  const { config } = entry;
  return { ...entry, config: { ...config, Meta: { ...(config.Meta as object | undefined), [MARK]: mesh } } };
}
