/** Who may call a service: one service-intentions entry for each destination, from the derived edges and the declared ones. */

import type { Gateway } from "../gateway";
import type { IntentionDeclaration } from "../intention";
import type { CallToOther, OtherService } from "../other-service";
import type { HttpPermissionDeclaration, PermissionDeclaration } from "../permission";
import type { Service } from "../service";
import type { ConfigEntry } from "./derived";

interface Source {
  Name: string;
  Action?: "allow" | "deny";
  Permissions?: object[];
  Precedence: number;
  Type: "consul";
}

/**
 * The entry for `*` comes first, where the mesh owns it: it denies what no other entry allows, and every allow depends on it.
 * The others follow in the order of the services. `reach(name)` has the services to which Consul may send a call to `name`.
 */
export function intentionEntries(
  services: readonly Service[],
  gateways: readonly Gateway[],
  declared: readonly IntentionDeclaration[],
  denyAll: boolean,
  reach: (name: string) => Iterable<string>,
): ConfigEntry[] {
  const byDestination = new Map<string, Map<string, Source>>([["*", new Map()]]);
  for (const { name } of services) byDestination.set(name, new Map());
  const put = (destination: string, source: Source) => byDestination.get(destination)?.set(source.Name, source);

  if (denyAll) put("*", { Name: "*", Action: "deny", Precedence: precedence("*", "*"), Type: "consul" });
  for (const [caller, called] of derivedEdges(services, gateways)) {
    for (const name of reach(called))
      put(name, { Name: caller, Action: "allow", Precedence: precedence(caller, name), Type: "consul" });
  }
  for (const intention of declared) put(intention.destination, declaredSource(intention));

  return [...byDestination]
    .filter(([, sources]) => sources.size > 0)
    .map(([name, sources]) => ({
      kind: "service-intentions",
      name,
      config: { Sources: [...sources.values()].sort(bySpecificity) },
    }));
}

/** The calls that the declaration makes of services of others, each once. */
export function callsToOthers(
  services: readonly Service[],
  gateways: readonly Gateway[],
  others: readonly OtherService[],
  reach: (name: string) => Iterable<string>,
): CallToOther[] {
  const names = new Set(others.map(({ name }) => name));
  const found = new Map<string, CallToOther>();
  for (const [source, called] of derivedEdges(services, gateways)) {
    for (const destination of reach(called))
      if (names.has(destination)) found.set(`${source} ${destination}`, { source, destination });
  }
  return [...found.values()];
}

/** Caller and called, for every declared edge: gateway to service, service to upstream. */
function* derivedEdges(services: readonly Service[], gateways: readonly Gateway[]): Generator<[string, string]> {
  for (const { name, upstreams } of services) for (const upstream of upstreams) yield [name, upstream.name];
  for (const { name, listeners } of gateways) {
    for (const listener of listeners) {
      for (const route of listener.services) {
        if (route.name !== "*") yield [name, route.name];
        else for (const service of behind(services, listener)) yield [name, service.name];
      }
    }
  }
}

/** The services to which a listener for all of them leads. */
const behind = (services: readonly Service[], { protocol }: Gateway["listeners"][number]) =>
  services.filter((service) => service.protocol === protocol && service.port !== undefined);

/** Consul computes this itself on every write; a form that plans clean must name the same number. */
function precedence(source: string, destination: string): number {
  if (destination === "*") return source === "*" ? 5 : 6;
  return source === "*" ? 8 : 9;
}

/** Consul keeps sources by precedence; the name settles the rest, so that the order of the declaration changes nothing. */
function bySpecificity(a: Source, b: Source): number {
  return b.Precedence - a.Precedence || (a.Name < b.Name ? -1 : 1);
}

function declaredSource({ source, destination, action, permissions }: IntentionDeclaration): Source {
  const what = permissions ? { Permissions: permissions.map(toPermission) } : { Action: action };
  return { Name: source, ...what, Precedence: precedence(source, destination), Type: "consul" };
}

function toPermission({ action, http }: PermissionDeclaration): object {
  return { Action: action, HTTP: toHttp(http) };
}

function toHttp(http: HttpPermissionDeclaration): object {
  return present({
    PathExact: http.pathExact,
    PathPrefix: http.pathPrefix,
    PathRegex: http.pathRegex,
    Header: http.header?.map((header) =>
      present({
        Name: header.name,
        Present: header.present,
        Exact: header.exact,
        Prefix: header.prefix,
        Suffix: header.suffix,
        Contains: header.contains,
        Regex: header.regex,
        Invert: header.invert || undefined,
        IgnoreCase: header.ignoreCase || undefined,
      }),
    ),
    Methods: http.methods?.map((method) => method.toUpperCase()),
  });
}

function present(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
