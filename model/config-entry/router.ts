/** service-router: sends requests to services by path, header, query or method. */
import { z } from "zod";
import { count, field, flag } from "../checking/fields";
import type { Path, Problems } from "../checking/problem";
import { items, type Sound } from "../checking/view";
import {
  duration,
  type Fields,
  type HeaderModifiersDeclaration,
  headerModifiers,
  list,
  meta,
  object,
  path,
  service,
  word,
} from "./fields";
import { checkMatch, type RouteMatchDeclaration, routeMatch } from "./route-match";

/**
 * Sends requests to services by path, header, query or method. Only for services that speak http, http2 or grpc.
 *
 * This and the next two are Consul's, field by field in camelCase:
 * https://developer.hashicorp.com/consul/docs/reference/config-entry/service-router (-splitter, -resolver).
 * A `service` that is left out is the entry's own. `namespace`, `partition`, `samenessGroup` and
 * `prioritizeByLocality` need Consul Enterprise.
 */
export interface ServiceRouterDeclaration {
  kind: "service-router";
  /** A declared service. */
  name: string;
  meta?: Record<string, string>;
  /** The first that matches wins; what matches none goes to the service itself. */
  routes: RouteDeclaration[];
}

/** The requests of a route, and their destination. */
export interface RouteDeclaration {
  /** @default every request */
  match?: { http?: RouteMatchDeclaration };
  destination?: RouteDestinationDeclaration;
}

/** The service that gets a route's requests, and how they are sent. */
export interface RouteDestinationDeclaration {
  service?: string;
  serviceSubset?: string;
  namespace?: string;
  partition?: string;
  /** Takes the place of the matched path. Needs `pathExact` or `pathPrefix`. */
  prefixRewrite?: string;
  requestTimeout?: string;
  idleTimeout?: string;
  numRetries?: number;
  retryOnConnectFailure?: boolean;
  retryOn?: string[];
  retryOnStatusCodes?: number[];
  requestHeaders?: HeaderModifiersDeclaration;
  responseHeaders?: HeaderModifiersDeclaration;
}

const RETRY_CONDITIONS = [
  "5xx",
  "gateway-error",
  "reset",
  "connect-failure",
  "envoy-ratelimited",
  "retriable-4xx",
  "refused-stream",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
] as const;

const routeDestination = object({
  service,
  serviceSubset: word,
  namespace: word,
  partition: word,
  prefixRewrite: path,
  requestTimeout: duration,
  idleTimeout: duration,
  numRetries: count(0).optional(),
  retryOnConnectFailure: flag().optional(),
  retryOn: list(
    field(z.enum(RETRY_CONDITIONS), `write one of ${RETRY_CONDITIONS.join(", ")}`),
    "retry conditions",
  ).optional(),
  retryOnStatusCodes: list(count(100, 599), "HTTP status codes").optional(),
  requestHeaders: headerModifiers,
  responseHeaders: headerModifiers,
});

export const router = object({
  meta,
  routes: list(object({ match: routeMatch.optional(), destination: routeDestination.optional() }), "routes"),
}) satisfies z.ZodType<Fields<ServiceRouterDeclaration>>;

/** Matches are clear, and a rewrite has a path to replace. */
export function checkRouter(router: Sound<ServiceRouterDeclaration>, path: Path, problems: Problems): void {
  for (const { index, value: route } of items(router.routes)) {
    const at = [...path, "routes", index];
    if (route.match?.http) checkMatch(route.match.http, [...at, "match", "http"], problems);
    checkRewrite(route, at, problems);
  }
}

function checkRewrite({ match, destination }: Sound<RouteDeclaration>, path: Path, problems: Problems): void {
  if (destination?.prefixRewrite === undefined) return;
  const http = match?.http ?? {};
  if (Object.hasOwn(http, "pathExact") || Object.hasOwn(http, "pathPrefix")) return;
  problems.add([...path, "destination", "prefixRewrite"], destination.prefixRewrite, {
    reason: "there is no matched path that it could take the place of",
    remedy: "match with `pathPrefix` or `pathExact`, or remove it",
  });
}
