/** Phase: the intention that denies the rest. It is the first intention on deploy and the last on destroy: no edge is open in between. */
import type { Entries, EntryWriter, WrittenEntry } from "./entries";

export interface Guard {
  /** Undefined where Consul was there before and the mesh does not own this entry. */
  denyAll: WrittenEntry | undefined;
  /** Is in Consul before anything runs that can be called: the deny-all, or else the protocols that it waits for. */
  standing: WrittenEntry[];
}

export function denyAll(writer: EntryWriter, after: { proxyDefaults: Entries; serviceDefaults: Entries }): Guard {
  const { proxyDefaults, serviceDefaults } = after;
  const [entry] = writer
    .write(writer.declared("service-intentions").filter(isDenyAll), () => [
      ...proxyDefaults.values(),
      ...serviceDefaults.values(),
    ])
    .values();
  return { denyAll: entry, standing: entry ? [entry] : [...serviceDefaults.values()] };
}

/** Whether an intention is the one for every service. */
export const isDenyAll = ({ name }: { name: string }): boolean => name === "*";
