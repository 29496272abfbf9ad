/** The config entries of a mesh, in the order in which a deploy writes them. */
import { type ConfigEntry, type Mesh, ROUTING_KINDS } from "../model";

/** Kinds that are not here come after the deny-all, `service-intentions/*`, and the other intentions last of all. */
const BEFORE_INSTANCES = ["proxy-defaults", "service-defaults"];
const AFTER_INSTANCES: readonly string[] = [...ROUTING_KINDS, "ingress-gateway", "service-intentions"];

/** The phases of a deploy that write entries. A phase without entries is left out. */
export interface EntryPhases {
  protocols: ConfigEntry[];
  denyAll: ConfigEntry[];
  others: ConfigEntry[];
  routing: ConfigEntry[];
  routes: ConfigEntry[];
  allowed: ConfigEntry[];
}

/** Each entry in its phase. */
export function entryPhases({ configEntries }: Pick<Mesh, "configEntries">): EntryPhases {
  const of = (...kinds: string[]) => kinds.flatMap((kind) => configEntries.filter((entry) => entry.kind === kind));
  const intentions = of("service-intentions");
  const placed = [...BEFORE_INSTANCES, ...AFTER_INSTANCES];
  const kinds = new Set(configEntries.map(({ kind }) => kind));
  return {
    protocols: of(...BEFORE_INSTANCES),
    denyAll: intentions.filter(({ name }) => name === "*"),
    others: of(...[...kinds].filter((kind) => !placed.includes(kind))),
    routing: of(...ROUTING_KINDS),
    routes: of("ingress-gateway"),
    allowed: intentions.filter(({ name }) => name !== "*"),
  };
}

/** All of them. */
export function entriesInOrder(mesh: Pick<Mesh, "configEntries">): ConfigEntry[] {
  const { protocols, denyAll, others, routing, routes, allowed } = entryPhases(mesh);
  return [...protocols, ...denyAll, ...others, ...routing, ...routes, ...allowed];
}
