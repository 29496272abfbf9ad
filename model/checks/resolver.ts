/** What Consul demands of one service-resolver. */

import type {
  FailoverDeclaration,
  LoadBalancerDeclaration,
  ServiceResolverDeclaration,
} from "../config-entry-declaration";
import { nameFault } from "../formats/name";
import { type Fault, oneOf, type Path, type Problems } from "../problem";
import { isBroken, items, type Sound } from "../view";

type Resolver = Sound<ServiceResolverDeclaration>;

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
    return { reason: `\`${needService[0]}\` needs a \`service\` beside it`, remedy: "name the `service`" };
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

function checkLoadBalancer(balancer: Sound<LoadBalancerDeclaration>, path: Path, problems: Problems): void {
  if (isBroken(balancer, "policy")) return;
  const { policy } = balancer;
  const needs = {
    ringHashConfig: ["ring_hash"],
    leastRequestConfig: ["least_request"],
    hashPolicies: ["ring_hash", "maglev"],
  };
  for (const [field, policies] of Object.entries(needs)) {
    const value = balancer[field as keyof typeof needs];
    if (value === undefined || policies.includes(policy ?? "")) continue;
    problems.add([...path, field], value, {
      reason: `it belongs to the policy ${oneOf(policies)}`,
      remedy: "change `policy`, or remove it",
    });
  }
  for (const { index, value } of items(balancer.hashPolicies)) {
    const fault = hashPolicyFault(Object.keys(value), value);
    if (fault) problems.add([...path, "hashPolicies", index], value, fault);
  }
}

type HashPolicy = NonNullable<NonNullable<Sound<LoadBalancerDeclaration>["hashPolicies"]>[number]>;

function hashPolicyFault(given: string[], { field, sourceIP, cookieConfig }: HashPolicy): Fault | undefined {
  const remedy = "give `field` with `fieldValue`, or `sourceIP: true` alone";
  const [hasField, hasValue] = [given.includes("field"), given.includes("fieldValue")];
  if (sourceIP === true && (hasField || hasValue))
    return { reason: "one policy hashes the source address or a field, not both", remedy };
  if (hasField !== hasValue) return { reason: "`field` and `fieldValue` belong together", remedy };
  if (given.includes("cookieConfig") && hasField && field !== undefined && field !== "cookie") {
    return { reason: "`cookieConfig` belongs to the field `cookie`", remedy: 'write `field: "cookie"`, or remove it' };
  }
  if (cookieConfig?.session === true && cookieConfig.ttl !== undefined) {
    return { reason: "a session cookie ends with the session and has no `ttl`", remedy: "remove `ttl` or `session`" };
  }
  return undefined;
}
