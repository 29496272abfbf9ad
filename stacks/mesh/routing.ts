/**
 * Phase: entries that route calls change when the instances that they name serve, and before those of the earlier
 * declaration go. An entry that names a subset is written after the subset, and removed before it: Terraform knows only
 * the first of these orders, so a program writes all of them first. Terraform then finds them as declared.
 */
import type { ITerraformDependable } from "cdktf";
import { type ConfigEntry, ROUTING_KINDS } from "../../model";
import { RemoteProgram } from "../remote-program";
import { type Context, present } from "./context";
import type { Guard } from "./deny-all";
import type { Entries, EntryWriter, WrittenEntry } from "./entries";
import { type Handover, handoverSecrets } from "./handover";
import type { LastInstances } from "./instances";

/** Entries by kind, resolvers first. */
export type Routing = ReadonlyMap<string, Entries>;

interface After {
  handover: Handover;
  guard: Guard;
  instances: LastInstances;
}

export function writeRouting(context: Context, writer: EntryWriter, after: After): Routing {
  const written = new Map<string, Entries>();
  const { routing } = after.handover.release;
  if (!routing) return written;
  const program = new RemoteProgram(context.stack, "routing", {
    node: context.firstNode,
    program: routing.program,
    triggers: { routing: routing.hash },
    secrets: handoverSecrets(context, after.handover.token),
    dependsOn: [
      after.handover.program,
      ...after.guard.standing,
      ...present(...context.mesh.services.map(({ name }) => after.instances.get(name))),
    ],
  });
  let before: ITerraformDependable[] = [program];
  for (const kind of ROUTING_KINDS) {
    const dependsOn = before;
    const entries = writer.writeKind(kind, (entry, ofKind) => [...dependsOn, ...namedBy(entry, ofKind)]);
    written.set(kind, entries);
    before = [...before, ...entries.values()];
  }
  return written;
}

/** The entries of all kinds. */
export const routingEntries = (routing: Routing): WrittenEntry[] =>
  [...routing.values()].flatMap((entries) => [...entries.values()]);

/** Entries of its own kind that an entry names, which are written before it: so destroy removes it first. */
function namedBy({ leadsTo = [] }: ConfigEntry, ofKind: Entries): ITerraformDependable[] {
  return present(...leadsTo.map((service) => ofKind.get(service)));
}
