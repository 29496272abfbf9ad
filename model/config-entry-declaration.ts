/** Config entries that a person may write beside the derived ones. */

/**
 * Any Consul config entry that Gatehouse does not derive. `service-router`, `service-splitter` and `service-resolver`
 * are checked field by field; of other kinds only the shape of the keys is.
 */
export type ConfigEntryDeclaration = RoutingDeclaration | OtherConfigEntryDeclaration;

/** Kinds that Consul has beside the three that route traffic. */
export type OtherConfigEntryKind =
  | "api-gateway"
  | "control-plane-request-limit"
  | "exported-services"
  | "file-system-certificate"
  | "http-route"
  | "ingress-gateway"
  | "inline-certificate"
  | "jwt-provider"
  | "mesh"
  | "sameness-group"
  | "service-defaults"
  | "service-intentions"
  | "tcp-route"
  | "terminating-gateway";

/** Fields as Consul documents them, in camelCase. */
export interface OtherConfigEntryDeclaration {
  kind: OtherConfigEntryKind;
  name: string;
  [field: string]: unknown;
}

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

export interface RouteDeclaration {
  /** @default every request */
  match?: { http?: RouteMatchDeclaration };
  destination?: RouteDestinationDeclaration;
}

export interface RouteMatchDeclaration {
  /** At most one of the three path fields. Paths start with `/`. */
  pathExact?: string;
  pathPrefix?: string;
  pathRegex?: string;
  caseInsensitive?: boolean;
  /** Each with exactly one of `present`, `exact`, `prefix`, `suffix` and `regex`. */
  header?: {
    name: string;
    present?: true;
    exact?: string;
    prefix?: string;
    suffix?: string;
    regex?: string;
    invert?: boolean;
  }[];
  /** Each with exactly one of `present`, `exact` and `regex`. */
  queryParam?: { name: string; present?: true; exact?: string; regex?: string }[];
  methods?: string[];
}

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

export interface HeaderModifiersDeclaration {
  add?: Record<string, string>;
  set?: Record<string, string>;
  remove?: string[];
}

/** Shares a service's traffic out. Only for services that speak http, http2 or grpc. */
export interface ServiceSplitterDeclaration {
  kind: "service-splitter";
  /** A declared service. */
  name: string;
  meta?: Record<string, string>;
  splits: SplitDeclaration[];
}

export interface SplitDeclaration {
  /** Percent, with at most two decimals. All weights together are 100. */
  weight: number;
  service?: string;
  serviceSubset?: string;
  namespace?: string;
  partition?: string;
  requestHeaders?: HeaderModifiersDeclaration;
  responseHeaders?: HeaderModifiersDeclaration;
}

/** Which instances answer for a service, and who answers when they cannot. */
export interface ServiceResolverDeclaration {
  kind: "service-resolver";
  /** A declared service. */
  name: string;
  meta?: Record<string, string>;
  connectTimeout?: string;
  requestTimeout?: string;
  defaultSubset?: string;
  /** By name. `filter` is an expression over the instance, for example `Service.Meta.version == v1`. */
  subsets?: Record<string, { filter?: string; onlyPassing?: boolean }>;
  /** Not together with `failover`. */
  redirect?: TargetDeclaration & { samenessGroup?: string };
  /** By subset name, or `*` for every subset. */
  failover?: Record<string, FailoverDeclaration>;
  loadBalancer?: LoadBalancerDeclaration;
  prioritizeByLocality?: { mode?: "failover" | "none" };
}

export interface TargetDeclaration {
  service?: string;
  serviceSubset?: string;
  namespace?: string;
  partition?: string;
  datacenter?: string;
  peer?: string;
}

export interface FailoverDeclaration {
  service?: string;
  serviceSubset?: string;
  namespace?: string;
  samenessGroup?: string;
  datacenters?: string[];
  /** Not together with `service`, `serviceSubset` and `datacenters`. */
  targets?: TargetDeclaration[];
  policy?: { mode?: "sequential" | "order-by-locality"; regions?: string[] };
}

export interface LoadBalancerDeclaration {
  policy?: "random" | "round_robin" | "least_request" | "ring_hash" | "maglev";
  /** For `ring_hash`. */
  ringHashConfig?: { minimumRingSize?: number; maximumRingSize?: number };
  /** For `least_request`. */
  leastRequestConfig?: { choiceCount?: number };
  /** For `ring_hash` and `maglev`. */
  hashPolicies?: {
    field?: "header" | "cookie" | "query_parameter";
    fieldValue?: string;
    cookieConfig?: { session?: boolean; ttl?: string; path?: string };
    sourceIP?: boolean;
    terminal?: boolean;
  }[];
}

/** The three kinds above. */
export type RoutingDeclaration = ServiceRouterDeclaration | ServiceSplitterDeclaration | ServiceResolverDeclaration;
