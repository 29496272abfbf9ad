/** service-resolver: which instances answer for a service. */
import { z } from "zod";
import { type AtMostOne, combination, type None } from "../checking/combination";
import { field, flag, text } from "../checking/fields";
import { type Fault, oneOf, type Path, type Problems } from "../checking/problem";
import { isBroken, items, type Sound } from "../checking/view";
import { nameFault } from "../name";
import { duration, type Fields, list, meta, object, service, word, words } from "./fields";
import { checkLoadBalancer, type LoadBalancerDeclaration, loadBalancer } from "./load-balancer";

/** Which instances answer for a service, and who answers when they cannot. */
export type ServiceResolverDeclaration = {
  kind: "service-resolver";
  /** A declared service. */
  name: string;
  meta?: Record<string, string>;
  connectTimeout?: string;
  requestTimeout?: string;
  defaultSubset?: string;
  /** By name. `filter` is an expression over the instance, for example `Service.Meta.version == "2"` where some of `runsOn` have `meta: { version: "2" }`. */
  subsets?: Record<string, { filter?: string; onlyPassing?: boolean }>;
  loadBalancer?: LoadBalancerDeclaration;
  prioritizeByLocality?: { mode?: "failover" | "none" };
} & AtMostOne<{
  /** Sends every call elsewhere. */
  redirect: TargetDeclaration & { samenessGroup?: string };
  /** By subset name, or `*` for every subset. */
  failover: Record<string, FailoverDeclaration>;
}>;

/** A place for calls: another service or subset, also in another datacenter or peer. */
export interface TargetDeclaration {
  service?: string;
  serviceSubset?: string;
  namespace?: string;
  partition?: string;
  datacenter?: string;
  peer?: string;
}

/** One place, or several that are tried in turn. */
export type FailoverDeclaration = {
  namespace?: string;
  policy?: { mode?: "sequential" | "order-by-locality"; regions?: string[] };
} & (({ targets: TargetDeclaration[] } & None<FailoverPlace>) | (Partial<FailoverPlace> & { targets?: never }));

interface FailoverPlace {
  service: string;
  serviceSubset: string;
  datacenters: string[];
  samenessGroup: string;
}

/** The fields of a `TargetDeclaration`. */
const target = { service, serviceSubset: word, namespace: word, partition: word, datacenter: word, peer: word };

const failoverSchema = combination<FailoverDeclaration>(
  object({
    service,
    serviceSubset: word,
    namespace: word,
    samenessGroup: word,
    datacenters: words,
    targets: list(object(target), "failover targets").optional(),
    policy: object({
      mode: field(z.enum(["sequential", "order-by-locality"]), "write `sequential` or `order-by-locality`").optional(),
      regions: words,
    }).optional(),
  }),
);

export const resolver = object({
  meta,
  connectTimeout: duration,
  requestTimeout: duration,
  defaultSubset: text("write the name of one of `subsets`", nameFault).optional(),
  subsets: field(
    z.record(z.string(), object({ filter: word, onlyPassing: flag().optional() })),
    "write an object of subsets by name",
  ).optional(),
  redirect: object({ ...target, samenessGroup: word }).optional(),
  failover: field(
    z.record(z.string(), failoverSchema),
    "write an object by subset name, or `*` for every subset",
  ).optional(),
  loadBalancer: loadBalancer.optional(),
  prioritizeByLocality: object({
    mode: field(z.enum(["failover", "none"]), "write `failover` or `none`").optional(),
  }).optional(),
}) satisfies z.ZodType<Fields<ServiceResolverDeclaration>>;

type Resolver = Sound<ServiceResolverDeclaration>;

/** Subsets exist, and redirect and failover lead somewhere. */
export function checkResolver(resolver: Resolver, path: Path, problems: Problems): void {
  const subsets = Object.keys(resolver.subsets ?? {});
  for (const subset of subsets) {
    const fault = nameFault(subset);
    if (fault) problems.add([...path, "subsets", subset], subset, fault);
  }
  const { defaultSubset } = resolver;
  if (defaultSubset !== undefined && !isBroken(resolver, "subsets") && !subsets.includes(defaultSubset)) {
    problems.add([...path, "defaultSubset"], defaultSubset, noSubset(defaultSubset, subsets));
  }
  checkRedirect(resolver, path, problems);
  for (const [subset, failover] of Object.entries(resolver.failover ?? {})) {
    const at = [...path, "failover", subset];
    if (subset !== "*" && !isBroken(resolver, "subsets") && !subsets.includes(subset)) {
      problems.add(at, subset, noSubset(subset, subsets));
    }
    const fault = failover && failoverFault(failover);
    if (fault) problems.add(at, failover, fault);
  }
  if (resolver.loadBalancer) checkLoadBalancer(resolver.loadBalancer, [...path, "loadBalancer"], problems);
}

function noSubset(subset: string, subsets: string[]): Fault {
  const remedy = subsets.length ? `name one of ${oneOf(subsets)}, or declare it there` : "declare it in `subsets`";
  return { reason: `there is no subset \`${subset}\` in this entry's \`subsets\``, remedy };
}

function checkRedirect({ redirect, failover }: Resolver, path: Path, problems: Problems): void {
  if (redirect === undefined) return;
  if (Object.keys(failover ?? {}).length > 0) {
    problems.add([...path, "redirect"], redirect, {
      reason: "`redirect` and `failover` exclude each other: a redirected call never reaches this service",
      remedy: "keep one of them",
    });
  }
  const fault = redirectFault(redirect);
  if (fault) problems.add([...path, "redirect"], redirect, fault);
}

function redirectFault(redirect: NonNullable<Resolver["redirect"]>): Fault | undefined {
  const given = Object.keys(redirect);
  if (given.length === 0)
    return { reason: "it is not said where to", remedy: "name a `service`, or remove `redirect`" };
  const needService = ["serviceSubset", "namespace", "partition", "peer"].filter((field) => given.includes(field));
  if (needService.length > 0 && !given.includes("service")) {
    return { reason: `\`${needService[0]}\` needs a \`service\` next to it`, remedy: "name the `service`" };
  }
  return (
    excluding(given, "peer", ["serviceSubset", "partition", "datacenter"]) ??
    excluding(given, "samenessGroup", ["serviceSubset", "partition", "datacenter"])
  );
}

function failoverFault(failover: Sound<FailoverDeclaration>): Fault | undefined {
  const given = Object.keys(failover).filter((field) => field !== "policy");
  if (given.length === 0) {
    return { reason: "it is not said where to", remedy: "give `service`, `serviceSubset`, `datacenters` or `targets`" };
  }
  for (const { index, value } of items(failover.targets)) {
    const fault = excluding(Object.keys(value), "peer", ["serviceSubset", "partition", "datacenter"]);
    if (fault) return { ...fault, reason: `in targets[${index}] ${fault.reason}` };
  }
  return (
    excluding(given, "targets", ["service", "serviceSubset", "datacenters"]) ??
    excluding(given, "samenessGroup", ["datacenters", "serviceSubset", "targets"])
  );
}

function excluding(given: string[], field: string, others: string[]): Fault | undefined {
  const clash = given.includes(field) ? others.find((other) => given.includes(other)) : undefined;
  return clash === undefined
    ? undefined
    : { reason: `\`${field}\` and \`${clash}\` exclude each other`, remedy: "keep one of them" };
}
