/** Phase: the intention that denies the rest. It is the first intention on deploy and the last on destroy: no edge is open in between. */
import type { ITerraformDependable } from "cdktf";
import { Milestone } from "../milestone";
import type { Context } from "./context";
import type { Entries, EntryWriter, WrittenEntry } from "./entries";

export interface Guard {
  /** Undefined where Consul was there before and the mesh does not own this entry. */
  denyAll: WrittenEntry | undefined;
  /** Is in Consul before anything runs that can be called: the deny-all, or else the protocols that it waits for. */
  standing: ITerraformDependable[];
}

interface After {
  proxyDefaults: Entries;
  serviceDefaults: Entries;
}

export function denyAll({ stack }: Context, writer: EntryWriter, after: After): Guard {
  const { proxyDefaults, serviceDefaults } = after;
  const [entry] = writer
    .write(writer.declared("service-intentions").filter(isDenyAll), () => [
      ...proxyDefaults.values(),
      ...serviceDefaults.values(),
    ])
    .values();
  if (entry) return { denyAll: entry, standing: [entry] };
  // One point to wait for: each node has to, and each waiting for each entry would be a graph of nodes times services.
  const protocols = [...serviceDefaults.values()];
  return { denyAll: undefined, standing: protocols.length > 0 ? [new Milestone(stack, "protocols", protocols)] : [] };
}

/** Whether an intention is the one for every service. */
export const isDenyAll = ({ name }: { name: string }): boolean => name === "*";
