/**
 * Schemas of the config entries that route traffic, without kind and name, after Consul's documentation:
 * https://developer.hashicorp.com/consul/docs/reference/config-entry
 */
import type { z } from "zod";
import type { RoutingDeclaration } from "../config-entry-declaration";
import { resolver } from "./resolver";
import { router, splitter } from "./router";

/** The kinds that are checked field by field. */
export const typedKinds: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>(
  Object.entries({
    "service-router": router,
    "service-splitter": splitter,
    "service-resolver": resolver,
  } satisfies Record<RoutingDeclaration["kind"], z.ZodType>),
);
