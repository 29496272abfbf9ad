/** The load balancer of a service-resolver. */
import { z } from "zod";
import { combination, type None } from "../checking/combination";
import { count, field, flag, text } from "../checking/fields";
import { type Fault, oneOf, type Path, type Problems } from "../checking/problem";
import { isBroken, items, type Sound } from "../checking/view";
import { textFault } from "../formats/text";
import { duration, list, object, word } from "./fields";

/** A policy with the settings that belong to it. */
export type LoadBalancerDeclaration =
  | ({ policy: "ring_hash"; hashPolicies?: HashPolicyDeclaration[] } & Partial<RingHash> & None<LeastRequest>)
  | ({ policy: "maglev"; hashPolicies?: HashPolicyDeclaration[] } & None<RingHash & LeastRequest>)
  | ({ policy: "least_request"; hashPolicies?: never } & None<RingHash> & Partial<LeastRequest>)
  | ({ policy?: "random" | "round_robin"; hashPolicies?: never } & None<RingHash & LeastRequest>);

interface RingHash {
  ringHashConfig: { minimumRingSize?: number; maximumRingSize?: number };
}

interface LeastRequest {
  leastRequestConfig: { choiceCount?: number };
}

/** The value whose hash chooses the instance: a field of the request, or the caller's address. */
type HashPolicyDeclaration = { terminal?: boolean } & (
  | { field: "header" | "query_parameter"; fieldValue: string; cookieConfig?: never; sourceIP?: false }
  | { field: "cookie"; fieldValue: string; cookieConfig?: CookieDeclaration; sourceIP?: false }
  | { sourceIP: true; field?: never; fieldValue?: never; cookieConfig?: never }
);

/** A session cookie ends with the session and has no `ttl`. */
type CookieDeclaration = { path?: string } & ({ session: true; ttl?: never } | { session?: false; ttl?: string });

const cookie = combination<CookieDeclaration>(
  object({
    session: flag().optional(),
    ttl: duration,
    path: text("write a path", textFault).optional(),
  }),
);

const hashPolicy = combination<HashPolicyDeclaration>(
  object({
    field: field(
      z.enum(["header", "cookie", "query_parameter"]),
      "write `header`, `cookie` or `query_parameter`",
    ).optional(),
    fieldValue: word,
    cookieConfig: cookie.optional(),
    sourceIP: flag().optional(),
    terminal: flag().optional(),
  }),
);

export const loadBalancer = combination<LoadBalancerDeclaration>(
  object({
    policy: field(
      z.enum(["random", "round_robin", "least_request", "ring_hash", "maglev"]),
      "write `random`, `round_robin`, `least_request`, `ring_hash` or `maglev`",
    ).optional(),
    ringHashConfig: object({ minimumRingSize: count(1).optional(), maximumRingSize: count(1).optional() }).optional(),
    leastRequestConfig: object({ choiceCount: count(0).optional() }).optional(),
    hashPolicies: list(hashPolicy, "hash policies").optional(),
  }),
);

/** The settings belong to the policy, and each hash policy hashes one thing. */
export function checkLoadBalancer(balancer: Sound<LoadBalancerDeclaration>, path: Path, problems: Problems): void {
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
