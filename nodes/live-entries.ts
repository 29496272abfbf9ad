/** Config entries as a live Consul has them. */
import { MARK } from "../model";
import { askJson, type Where } from "./consul-api";
import { mapLimit } from "./map-limit";

/** An entry as Consul's API gives it. */
export type LiveEntry = Record<string, unknown> & { Kind: string; Name: string };

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

/** Requests at once. */
const WIDTH = 4;

/**
 * All entries of these kinds.
 * @param timeout in milliseconds, for each answer
 * @throws when Consul does not give them
 */
export async function readEntries(mesh: Where, kinds: Iterable<string>, timeout?: number): Promise<LiveEntry[]> {
  const lists = await mapLimit([...new Set(kinds)], WIDTH, (kind) =>
    askJson<LiveEntry[] | null>(mesh, `config/${kind}`, { timeout }),
  );
  return lists.flatMap((list) => list ?? []).map(named);
}

/** Consul leaves out the name of the one entry of kind `mesh`. */
export const named = (entry: LiveEntry): LiveEntry => (entry.Name ? entry : { ...entry, Name: entry.Kind });

/** The mesh whose mark an entry has; undefined without one. An expansion marks what it made until Terraform has written it. */
export function meshOf({ Meta }: LiveEntry): string | undefined {
  const meta = (Meta ?? {}) as Record<string, string>;
  return meta[MARK] ?? meta["gatehouse-handover"];
}

/** The content of an entry, without the fields that Consul adds. */
export function withoutConsulsOwn(entry: LiveEntry): Record<string, unknown> {
  const { Kind, Name, CreateIndex, ModifyIndex, Hash, Partition, Namespace, Status, ...config } = entry;
  return config;
}
