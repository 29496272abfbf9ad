/** Where a call to a service may end: routers, splitters and resolvers can send it to other services. */
import type { z } from "zod";
import { items, type Sound } from "../checking/view";
import type { ConfigEntryDeclaration } from "./declared";
import { resolver, type ServiceResolverDeclaration, type TargetDeclaration } from "./resolver";
import { router, type ServiceRouterDeclaration } from "./router";
import { type ServiceSplitterDeclaration, splitter } from "./splitter";

/** The three kinds above. */
export type RoutingDeclaration = ServiceRouterDeclaration | ServiceSplitterDeclaration | ServiceResolverDeclaration;

/** The kinds that are checked field by field. */
export const typedKinds: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>(
  Object.entries({
    "service-router": router,
    "service-splitter": splitter,
    "service-resolver": resolver,
  } satisfies Record<RoutingDeclaration["kind"], z.ZodType>),
);

/** In the order in which Consul accepts them: a splitter may name a resolver's subsets, a router both. */
export const ROUTING_KINDS: readonly RoutingDeclaration["kind"][] = [
  "service-resolver",
  "service-splitter",
  "service-router",
];

/** Whether an entry routes traffic between services. */
export function isRouting(entry: Sound<ConfigEntryDeclaration>): entry is Sound<RoutingDeclaration> {
  return (ROUTING_KINDS as readonly (string | undefined)[]).includes(entry.kind);
}

/** A service that a routing entry names, with its place in that entry. */
export interface Target {
  path: (string | number)[];
  /** Undefined for the entry's own. */
  service?: string;
  subset?: string;
}

/** Every service of this mesh that an entry sends calls to. What is in another datacenter or mesh is left out. */
export function targetsOf(entry: Sound<ConfigEntryDeclaration>): Target[] {
  if (!isRouting(entry)) return [];
  const targets =
    entry.kind === "service-router"
      ? items(entry.routes).map(({ index, value }) => target(["routes", index, "destination"], value.destination))
      : entry.kind === "service-splitter"
        ? items(entry.splits).map(({ index, value }) => target(["splits", index], value))
        : resolverTargets(entry as Sound<ServiceResolverDeclaration>);
  return targets.filter((found) => found !== undefined);
}

function resolverTargets({ redirect, failover }: Sound<ServiceResolverDeclaration>): (Target | undefined)[] {
  const targets = [redirect && target(["redirect"], redirect)];
  for (const [subset, value] of Object.entries(failover ?? {})) {
    if (value?.service !== undefined || value?.serviceSubset !== undefined)
      targets.push(target(["failover", subset], value));
    for (const { index, value: other } of items(value?.targets))
      targets.push(target(["failover", subset, "targets", index], other));
  }
  return targets;
}

function target(
  path: Target["path"],
  place: Sound<TargetDeclaration & { samenessGroup?: string }> = {},
): Target | undefined {
  const { service, serviceSubset, namespace, partition, datacenter, peer, samenessGroup } = place;
  if (namespace ?? partition ?? datacenter ?? peer ?? samenessGroup) return undefined;
  return { path, service, subset: serviceSubset };
}

/** For a service's name, that name and all services to which Consul may send a call to it. */
export function reachOf(entries: readonly ConfigEntryDeclaration[]): (name: string) => Iterable<string> {
  const next = new Map<string, string[]>();
  for (const entry of entries) {
    const services = targetsOf(entry as Sound<ConfigEntryDeclaration>).flatMap(({ service }) => service ?? []);
    if (services.length > 0) next.set(entry.name, [...(next.get(entry.name) ?? []), ...services]);
  }
  return (name) => {
    const reached = new Set([name]);
    for (const at of reached) for (const service of next.get(at) ?? []) reached.add(service);
    return reached;
  };
}
