/** Every config entry of a mesh, in the order in which Consul accepts them and in the form that plans clean. */

import type { OwnedEntry } from "../consul";
import type { Gateway } from "../gateway";
import { components } from "../graph";
import type { IntentionDeclaration } from "../intention";
import { namesPath } from "../permission";
import { hasEnvoy, type Service } from "../service";
import type { ConfigEntryDeclaration } from "./declared";
import { marked } from "./mark";
import { toConsul } from "./pascal-case";
import { isRouting, ROUTING_KINDS, reachOf, targetsOf } from "./routing";
import { PROXY_PARTS, passiveHealthCheck, serviceDefaults, withTimeouts } from "./service-defaults";
import { intentionEntries } from "./service-intentions";

/** A config entry as Consul's API takes it, in the form that plans clean. */
export interface ConfigEntry {
  kind: string;
  name: string;
  /** Without Kind and Name. */
  config: Record<string, unknown>;
  /** Other services that an entry sends calls to. @default none */
  leadsTo?: string[];
}

/** The parts of a mesh from which its entries follow. */
export interface EntrySources {
  /** The name of the mesh, whose mark each entry carries. */
  mesh: string;
  /** Which entries for everyone are written. */
  owns: readonly OwnedEntry[];
  services: readonly Service[];
  gateways: readonly Gateway[];
  intentions: readonly IntentionDeclaration[];
  configEntries: readonly ConfigEntryDeclaration[];
}

/**
 * Protocols first, since Consul checks everything else against them; then the deny-all and the allows, so that nothing
 * is reachable before it may be; then how calls are routed, and last the gateways that let calls in.
 */
export function configEntries(sources: EntrySources): ConfigEntry[] {
  return entriesOf(sources).map((entry) => marked(entry, sources.mesh));
}

function entriesOf({ owns, services, gateways, intentions, configEntries }: EntrySources): ConfigEntry[] {
  const declared = withTimeouts(services, configEntries);
  return [
    ...(owns.includes("proxy-defaults") ? [proxyDefaults()] : []),
    ...services.filter(hasEnvoy).map(serviceDefaults),
    ...intentionEntries(services, gateways, intentions, owns.includes("default-deny"), reachOf(declared)),
    ...(owns.includes("mesh") ? unambiguousPaths(intentions, declared) : []),
    ...ROUTING_KINDS.flatMap((kind) => targetsFirst(declared.filter((entry) => entry.kind === kind))).map(
      declaredEntry,
    ),
    ...declared.filter((entry) => !isRouting(entry)).map(declaredEntry),
    ...gateways.map(ingressGateway),
  ];
}

function proxyDefaults(): ConfigEntry {
  const config = { AccessLogs: {}, Config: { protocol: "http" }, ...PROXY_PARTS };
  return { kind: "proxy-defaults", name: "global", config };
}

/** How a gateway calls services. Consul gives back a zero, which means Envoy's own limit, where none was written. */
const GATEWAY_CALLS = {
  MaxConnections: 0,
  MaxPendingRequests: 0,
  MaxConcurrentRequests: 0,
  PassiveHealthCheck: passiveHealthCheck(),
};

/**
 * Where a permission names a path, Envoy and the service must read it alike: `//admin` is taken for `/admin`, and a path
 * with an encoded slash in it is refused. Without this a rule that denies `/admin` would not hold for those. A `mesh`
 * entry that is declared is taken as it is.
 */
function unambiguousPaths(
  intentions: readonly IntentionDeclaration[],
  declared: readonly ConfigEntryDeclaration[],
): ConfigEntry[] {
  if (!intentions.some(namesPath) || declared.some(({ kind }) => kind === "mesh")) return [];
  const RequestNormalization = {
    InsecureDisablePathNormalization: false,
    MergeSlashes: true,
    PathWithEscapedSlashesAction: "REJECT_REQUEST",
    HeadersWithUnderscoresAction: "",
  };
  const HTTP = { SanitizeXForwardedClientCert: false, Incoming: { RequestNormalization } };
  return [{ kind: "mesh", name: "mesh", config: { HTTP, TransparentProxy: { MeshDestinationsOnly: false } } }];
}

function ingressGateway({ name, listeners }: Gateway): ConfigEntry {
  const toListener = ({ port, protocol, tls, services }: Gateway["listeners"][number]) => ({
    Port: port,
    Protocol: protocol,
    ...(tls && { TLS: listenerTls(tls) }),
    Services: services.map((service) => ({ Name: service.name, Hosts: service.hosts ?? null })),
  });
  const config = { TLS: { Enabled: false }, Listeners: listeners.map(toListener), Defaults: GATEWAY_CALLS };
  return { kind: "ingress-gateway", name, config };
}

function listenerTls({ minVersion, sds }: NonNullable<Gateway["listeners"][number]["tls"]>): object {
  const place = sds && { SDS: { ClusterName: sds.clusterName, CertResource: sds.certResource } };
  return { Enabled: true, TLSMinVersion: minVersion, ...place };
}

function declaredEntry(entry: ConfigEntryDeclaration): ConfigEntry {
  const { kind, name, ...fields } = entry;
  const config = toConsul(fields) as Record<string, unknown>;
  const leadsTo = new Set(targetsOf(entry).flatMap(({ service }) => (service && service !== name ? [service] : [])));
  return {
    kind,
    name,
    config: kind === "service-defaults" ? { ...PROXY_PARTS, ...config } : config,
    ...(leadsTo.size > 0 && { leadsTo: [...leadsTo] }),
  };
}

/** Consul refuses an entry that names a subset of an entry it does not have yet: the targets of an entry are written before it. */
function targetsFirst(entries: readonly ConfigEntryDeclaration[]): ConfigEntryDeclaration[] {
  const position = new Map(entries.map((entry, index) => [entry.name, index]));
  const edges = entries.map((entry) =>
    targetsOf(entry)
      .map(({ service }) => position.get(service ?? entry.name))
      .filter((index) => index !== undefined),
  );
  return components(edges)
    .flat()
    .map((index) => entries[index]!);
}
