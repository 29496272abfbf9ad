/** Phase: entries of all other kinds that are declared, each kind after the one before it. */
import type { ITerraformDependable } from "cdktf";
import { ROUTING_KINDS } from "../../model";
import type { Context } from "./context";
import type { Guard } from "./deny-all";
import type { EntryWriter } from "./entries";

/** Kinds that phases of their own write. */
const PLACED: readonly string[] = [
  "proxy-defaults",
  "service-defaults",
  "service-intentions",
  "ingress-gateway",
  ...ROUTING_KINDS,
];

export function writeOtherEntries({ mesh }: Context, writer: EntryWriter, after: { guard: Guard }): void {
  const others = mesh.configEntries.map(({ kind }) => kind).filter((kind) => !PLACED.includes(kind));
  let before: ITerraformDependable[] = after.guard.standing;
  for (const kind of new Set(others)) {
    const dependsOn = before;
    before = [...writer.writeKind(kind, () => dependsOn).values()];
  }
}
