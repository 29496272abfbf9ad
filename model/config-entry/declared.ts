/** Config entries that a person writes in addition to the derived ones. */
import { z } from "zod";
import { text } from "../checking/fields";
import { type Fault, formatPath, type Path, type Problems } from "../checking/problem";
import type { View } from "../checking/view";
import { notOwned } from "../consul";
import { uncallable } from "../job";
import { nameFault } from "../name";
import { checkFreeFields } from "./free-fields";
import { kindFault, type OtherConfigEntryKind } from "./kinds";
import { MARK } from "./mark";
import { ROUTING_KINDS, type RoutingDeclaration } from "./routing";
import { checkRouting } from "./routing-check";

/**
 * Any Consul config entry that Gatehouse does not derive. `service-router`, `service-splitter` and `service-resolver`
 * are checked field by field; of other kinds only the shape of the keys is.
 */
export type ConfigEntryDeclaration = RoutingDeclaration | OtherConfigEntryDeclaration;

/** Fields as Consul documents them, in camelCase. */
export interface OtherConfigEntryDeclaration {
  kind: OtherConfigEntryKind;
  name: string;
  [field: string]: unknown;
}

export const configEntrySchema = z.looseObject({
  kind: text('write the kind of config entry, for example `"service-router"`', () => undefined),
  name: text("write the config entry's name", () => undefined),
});

const OWN_DENY =
  'remove it, and change the entry in Consul itself; or write `owns: ["default-deny"]` under consul and use `intentions`';

const OWN_MESH = 'remove it, and change the entry in Consul itself; or write `owns: ["mesh"]` under consul';

/** Each entry is of a known kind, named once, and not one that Gatehouse derives. */
export function checkConfigEntries(view: View, problems: Problems): void {
  const seen = new Map<string, number>();
  for (const { index, value: entry } of view.configEntries) {
    const { kind, name } = entry;
    if (kind === undefined) continue;
    const path = ["configEntries", index];
    const fault = kindFault(kind, view);
    if (fault) problems.add([...path, "kind"], kind, fault);
    checkMeta(entry, [...path, "meta"], problems);
    if (name !== undefined) checkName(kind, name, index, seen, view, problems);
    if (!fault && !(ROUTING_KINDS as readonly string[]).includes(kind)) checkFreeFields(entry, path, problems);
  }
  checkRouting(view, problems);
}

/** Gatehouse adds its mark to what a person writes into Meta. */
function checkMeta(entry: object, path: Path, problems: Problems): void {
  const { meta } = entry as { meta?: unknown };
  if (typeof meta !== "object" || meta === null || !Object.hasOwn(meta, MARK)) return;
  problems.add([...path, MARK], (meta as Record<string, unknown>)[MARK], {
    reason: "by this key Gatehouse knows which mesh an entry belongs to, and writes it itself",
    remedy: "remove it, or choose another key",
  });
}

function checkName(
  kind: string,
  name: string,
  index: number,
  seen: Map<string, number>,
  view: View,
  problems: Problems,
): void {
  const path = ["configEntries", index, "name"];
  const pair = JSON.stringify([kind, name]);
  const first = seen.get(pair);
  if (first === undefined) seen.set(pair, index);
  const fault =
    first === undefined
      ? (derivedFault(kind, name, view) ?? serviceFault(kind, name, view))
      : {
          reason: `configEntries[${first}] is a ${kind} named \`${name}\` already, and the second would overwrite it`,
          remedy: "merge the two into one",
        };
  if (fault) problems.add(path, name, fault);
}

/** Entries that Gatehouse writes itself: two writers would undo each other on every deploy. */
function derivedFault(kind: string, name: string, view: View): Fault | undefined {
  const { services, gateways } = view;
  const derived = (from: string, remedy: string) => ({ reason: `Gatehouse derives this entry from ${from}`, remedy });
  const service = formatPath(["services", name]);
  if (kind === "service-defaults" && services.has(name)) {
    return derived(service, `remove it; the protocol is set in ${service}.protocol`);
  }
  if (kind === "ingress-gateway" && gateways.has(name)) {
    return derived(formatPath(["gateways", name]), "remove it, and declare listeners there");
  }
  if (kind === "mesh") {
    const fault = notOwned(view, "mesh", OWN_MESH);
    if (fault) return fault;
  }
  if (kind === "service-intentions" && name === "*") {
    const fault = notOwned(view, "default-deny", OWN_DENY);
    if (fault) return fault;
  }
  if (kind === "service-intentions" && (name === "*" || services.has(name))) {
    return derived(
      name === "*" ? "nothing: it denies what is not declared" : service,
      "use `intentions` for what goes beyond the derived ones",
    );
  }
  return undefined;
}

function serviceFault(kind: string, name: string, { services, others }: View): Fault | undefined {
  const aboutOne = ["service-defaults", "service-intentions", ...ROUTING_KINDS];
  if (others.has(name) && aboutOne.includes(kind)) {
    return {
      reason: `others run \`${name}\` (consul.services), so its entries are theirs`,
      remedy: "remove it, and have whoever runs it write the entry",
    };
  }
  if ((ROUTING_KINDS as readonly string[]).includes(kind))
    return services.unknown(name, "service") ?? uncallable(name, services);
  if (kind === "mesh" && name !== "mesh")
    return { reason: "the one entry of kind `mesh` is named `mesh`", remedy: 'write `name: "mesh"`' };
  return nameFault(name);
}
