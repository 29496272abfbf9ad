/**
 * Phase: the end of a deploy. An entry or a token that left the declaration goes after everything that once waited for it,
 * so a milestone waits for all of them; entries that are no longer taken over are put back.
 */
import { contentHash } from "../../templates";
import { Milestone } from "../milestone";
import type { Context } from "./context";
import type { Guard } from "./deny-all";
import type { Entries, EntryWriter } from "./entries";
import type { Handover } from "./handover";
import type { Tokens } from "./tokens";

interface After {
  handover: Handover;
  tokens: Tokens;
  swept: Milestone;
  guard: Guard;
  intentions: Entries;
}

export function settle({ stack, mesh }: Context, writer: EntryWriter, after: After): void {
  const { handover, tokens, swept, guard } = after;
  const intentions = [...(guard.denyAll ? [guard.denyAll] : []), ...after.intentions.values()];
  const instances = mesh.instances.map(({ name, node }) => `${name} ${node.name}`).sort();
  new Milestone(stack, "settled", [swept, ...intentions, ...tokens.ofInstance.values()], {
    edges: handover.release.hash,
    instances: contentHash(...instances),
  });
  // Where others use Consul too, an earlier deploy may have taken an entry over.
  if (!mesh.consul.existing && mesh.takeOver.configEntries.length === 0) return;
  writer.settle(handover.token, [swept, ...intentions]);
}
