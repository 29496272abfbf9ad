/** Consul's demands on the entries that route traffic, each alone and all together. */

import { oneOf, type Path, type Problems } from "../checking/problem";
import type { Item, Sound, View } from "../checking/view";
import { components } from "../graph";
import { uncallable } from "../job";
import type { Protocol } from "../service";
import type { ConfigEntryDeclaration } from "./declared";
import { checkResolver, type ServiceResolverDeclaration } from "./resolver";
import { checkRouter } from "./router";
import { isRouting, type RoutingDeclaration, type Target, targetsOf } from "./routing";
import { checkSplitter } from "./splitter";

type Routing = Sound<RoutingDeclaration>;

/** Every entry that routes traffic is complete, its targets exist and speak its protocol, and no call goes in a circle. */
export function checkRouting(view: View, problems: Problems): void {
  const entries = view.configEntries.filter((item): item is Item<RoutingDeclaration> => isRouting(item.value));
  const subsets = subsetsOf(entries);
  for (const { index, value: entry } of entries) {
    const path = ["configEntries", index];
    if (entry.kind === "service-router") checkRouter(entry, path, problems);
    else if (entry.kind === "service-splitter") checkSplitter(entry, path, problems);
    else checkResolver(entry as Sound<ServiceResolverDeclaration>, path, problems);
    checkProtocol(entry, path, view, problems);
    for (const target of targetsOf(entry)) checkTarget(entry, target, path, subsets, view, problems);
  }
  checkCircles(entries, problems);
}

/** Names of subsets by service; undefined for a service whose resolver could not be read. */
function subsetsOf(entries: Item<RoutingDeclaration>[]): Map<string, string[] | undefined> {
  const subsets = new Map<string, string[] | undefined>();
  for (const { value } of entries) {
    if (value.kind !== "service-resolver" || value.name === undefined) continue;
    const resolver = value as Sound<ServiceResolverDeclaration>;
    const unread = Object.hasOwn(resolver, "subsets") && resolver.subsets === undefined;
    subsets.set(value.name, unread ? undefined : Object.keys(resolver.subsets ?? {}));
  }
  return subsets;
}

function checkProtocol({ kind, name }: Routing, path: Path, view: View, problems: Problems): void {
  if (kind === "service-resolver" || name === undefined || view.services.get(name)?.protocol !== "tcp") return;
  problems.add([...path, "kind"], kind, {
    reason: `\`${name}\` speaks tcp (services.${name}.protocol), and Consul routes and splits only http, http2 and grpc`,
    remedy: "make the service's protocol http, http2 or grpc, or remove the entry",
  });
}

function checkTarget(
  { name }: Routing,
  { path: inner, service = name, subset }: Target,
  path: Path,
  subsets: Map<string, string[] | undefined>,
  view: View,
  problems: Problems,
): void {
  if (service === undefined) return;
  const at = [...path, ...inner];
  const unknown =
    service === name ? undefined : (view.callable.unknown(service, "service") ?? uncallable(service, view.services));
  if (unknown) problems.add([...at, "service"], service, unknown);
  if (unknown || !view.callable.has(service)) return;
  const [own, other] = [name, service].map((each) =>
    each === undefined ? undefined : view.callable.get(each)?.protocol,
  );
  if (own && other && own !== other) problems.add([...at, "service"], service, mixed(name!, own, service, other));
  if (view.others.has(service)) return; // its subsets are not declared here
  const known = subsets.has(service) ? subsets.get(service) : [];
  if (subset === undefined || known === undefined || known.includes(subset)) return;
  problems.add([...at, "serviceSubset"], subset, {
    reason: `\`${service}\` has no subset \`${subset}\``,
    remedy: known.length
      ? `name one of ${oneOf(known)}`
      : `declare it in the \`subsets\` of a service-resolver named \`${service}\``,
  });
}

function mixed(name: string, own: Protocol, service: string, other: Protocol) {
  return {
    reason: `\`${name}\` speaks ${own} and \`${service}\` speaks ${other}, and Consul routes only between services of one protocol`,
    remedy: "give both services one protocol, or name another service",
  };
}

/** Splitters and redirects that lead back to where they began never end. */
function checkCircles(entries: Item<RoutingDeclaration>[], problems: Problems): void {
  for (const kind of ["service-splitter", "service-resolver"]) {
    const alike = entries.filter(({ value }) => value.kind === kind);
    const position = new Map(alike.map(({ value }, index) => [value.name, index]));
    const edges = alike.map(({ value }) =>
      onward(value)
        .map((service) => position.get(service))
        .filter((at) => at !== undefined),
    );
    for (const group of components(edges)) {
      const first = alike[group[0]!]!;
      if (group.length < 2) continue;
      problems.add(["configEntries", first.index], group.map((member) => alike[member]!.value.name).join(" -> "), {
        reason: "these entries lead back to where they began, so a call would never arrive",
        remedy: "let one of them end at a service that has no such entry",
      });
    }
  }
}

/** Services whose entry of the same kind Consul looks at next. A split to a subset ends there. */
function onward(entry: Sound<ConfigEntryDeclaration>): string[] {
  return targetsOf(entry)
    .filter(({ path, subset }) => subset === undefined && (path[0] === "splits" || path[0] === "redirect"))
    .flatMap(({ service }) => service ?? []);
}
