/** Schema of service-resolver. */
import { z } from "zod";
import type { ServiceResolverDeclaration } from "../config-entry-declaration";
import { nameFault } from "../formats/name";
import { textFault } from "../formats/text";
import { duration, type Fields, list, meta, object, service, word, words } from "./entry-fields";
import { count, field, flag, text } from "./fields";

const failoverTarget = object({
  service,
  serviceSubset: word,
  namespace: word,
  partition: word,
  datacenter: word,
  peer: word,
});

const loadBalancer = object({
  policy: field(
    z.enum(["random", "round_robin", "least_request", "ring_hash", "maglev"]),
    "write `random`, `round_robin`, `least_request`, `ring_hash` or `maglev`",
  ).optional(),
  ringHashConfig: object({ minimumRingSize: count(1).optional(), maximumRingSize: count(1).optional() }).optional(),
  leastRequestConfig: object({ choiceCount: count(0).optional() }).optional(),
  hashPolicies: list(
    object({
      field: field(
        z.enum(["header", "cookie", "query_parameter"]),
        "write `header`, `cookie` or `query_parameter`",
      ).optional(),
      fieldValue: word,
      cookieConfig: object({
        session: flag().optional(),
        ttl: duration,
        path: text("write a path", textFault).optional(),
      }).optional(),
      sourceIP: flag().optional(),
      terminal: flag().optional(),
    }),
    "hash policies",
  ).optional(),
});

export const resolver = object({
  meta,
  connectTimeout: duration,
  requestTimeout: duration,
  defaultSubset: text("write the name of one of `subsets`", nameFault).optional(),
  subsets: field(
    z.record(z.string(), object({ filter: word, onlyPassing: flag().optional() })),
    "write an object of subsets by name",
  ).optional(),
  redirect: object({
    service,
    serviceSubset: word,
    namespace: word,
    partition: word,
    datacenter: word,
    peer: word,
    samenessGroup: word,
  }).optional(),
  failover: field(
    z.record(
      z.string(),
      object({
        service,
        serviceSubset: word,
        namespace: word,
        samenessGroup: word,
        datacenters: words,
        targets: list(failoverTarget, "failover targets").optional(),
        policy: object({
          mode: field(
            z.enum(["sequential", "order-by-locality"]),
            "write `sequential` or `order-by-locality`",
          ).optional(),
          regions: words,
        }).optional(),
      }),
    ),
    "write an object by subset name, or `*` for every subset",
  ).optional(),
  loadBalancer: loadBalancer.optional(),
  prioritizeByLocality: object({
    mode: field(z.enum(["failover", "none"]), "write `failover` or `none`").optional(),
  }).optional(),
}) satisfies z.ZodType<Fields<ServiceResolverDeclaration>>;
