/** Kinds of config entries that a person may write. */
import { didYouMean, type Fault } from "../checking/problem";
import type { View } from "../checking/view";
import { notOwned } from "../consul";
import { ROUTING_KINDS, type RoutingDeclaration } from "./routing";

/** Consul's kinds other than the three that route traffic. */
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

/** Every kind that may be declared. `proxy-defaults` is derived, and Consul writes `bound-api-gateway` itself. */
const KINDS: readonly string[] = [
  ...ROUTING_KINDS,
  "api-gateway",
  "control-plane-request-limit",
  "exported-services",
  "file-system-certificate",
  "http-route",
  "ingress-gateway",
  "inline-certificate",
  "jwt-provider",
  "mesh",
  "sameness-group",
  "service-defaults",
  "service-intentions",
  "tcp-route",
  "terminating-gateway",
] satisfies (RoutingDeclaration["kind"] | OtherConfigEntryKind)[];

const LISTENERS =
  "remove it, and write `gateways.<name>.listeners`: routes by path and header are `service-router` entries, certificates a listener's `tls`";

/** Kinds that only a gateway reads which Gatehouse does not run, and what to declare instead. */
const UNREAD: Record<string, { gateway: string; remedy: string }> = {
  ...Object.fromEntries(
    ["api-gateway", "http-route", "tcp-route", "file-system-certificate", "inline-certificate"].map((kind) => [
      kind,
      { gateway: "an API gateway", remedy: LISTENERS },
    ]),
  ),
  "terminating-gateway": {
    gateway: "a terminating gateway",
    remedy: "remove it; a service calls what is outside of the mesh directly, past its sidecar",
  },
};

/** Why an entry of this kind cannot be written. */
export function kindFault(kind: string, view: View): Fault | undefined {
  const unread = UNREAD[kind];
  // Where Consul was there before, others may run such a gateway.
  if (unread && view.declaration.consul?.existing !== true) {
    const reason = `only ${unread.gateway} reads entries of this kind, and Gatehouse runs none: it would be written and do nothing`;
    return { reason, remedy: unread.remedy };
  }
  if (KINDS.includes(kind)) return undefined;
  if (kind === "proxy-defaults") {
    const elsewhere =
      'remove it, and change the entry in Consul itself; or write `owns: ["proxy-defaults"]` under consul to have Gatehouse derive it';
    return (
      notOwned(view, "proxy-defaults", elsewhere) ?? {
        reason: "Gatehouse derives the only proxy-defaults entry there can be, `global`",
        remedy: "remove it; a protocol is set for each service",
      }
    );
  }
  if (kind === "bound-api-gateway")
    return { reason: "Consul writes these entries itself", remedy: "remove it, and declare the `api-gateway`" };
  return {
    reason: "Consul has no such kind of config entry",
    remedy: didYouMean(kind, KINDS, `use one of ${KINDS.join(", ")}`),
  };
}
