/** Schemas of service-router and service-splitter. */
import { z } from "zod";
import type { ServiceRouterDeclaration, ServiceSplitterDeclaration } from "../config-entry-declaration";
import { filledTextFault } from "../formats/text";
import { duration, type Fields, list, meta, object, path, service, word } from "./entry-fields";
import { count, field, flag, judged, text } from "./fields";
import { httpHeaderName, httpMethod, regex } from "./http";

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

const headerModifiers = object({
  add: field(z.record(z.string(), text("write a string")), "write an object of header values").optional(),
  set: field(z.record(z.string(), text("write a string")), "write an object of header values").optional(),
  remove: list(httpHeaderName, "header names").optional(),
}).optional();

const present = field(z.literal(true), "write `present: true`, or leave it out").optional();

const routeMatch = object({
  http: object({
    pathExact: path,
    pathPrefix: path,
    pathRegex: regex.optional(),
    caseInsensitive: flag().optional(),
    header: list(
      object({
        name: httpHeaderName,
        present,
        exact: word,
        prefix: word,
        suffix: word,
        regex: regex.optional(),
        invert: flag().optional(),
      }),
      "header matches",
    ).optional(),
    queryParam: list(
      object({
        name: text("write the parameter's name", filledTextFault),
        present,
        exact: word,
        regex: regex.optional(),
      }),
      "query parameter matches",
    ).optional(),
    methods: list(httpMethod, "HTTP methods").optional(),
  }).optional(),
});

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

export const splitter = object({
  meta,
  splits: list(
    object({
      weight: field(judged(z.number(), weightFault), "write the share in percent, for example 90"),
      service,
      serviceSubset: word,
      namespace: word,
      partition: word,
      requestHeaders: headerModifiers,
      responseHeaders: headerModifiers,
    }),
    "splits",
  ),
}) satisfies z.ZodType<Fields<ServiceSplitterDeclaration>>;

/** Consul counts in hundredths of a percent and rounds the rest away in silence. */
function weightFault(weight: number) {
  const remedy = "write a share of 0 to 100 percent with at most two decimals, for example 99.5";
  if (weight < 0 || weight > 100) return { reason: "a weight is a share in percent", remedy };
  const hundredths = weight * 100;
  return Math.abs(hundredths - Math.round(hundredths)) < 1e-6
    ? undefined
    : { reason: "Consul rounds weights to hundredths of a percent", remedy };
}
