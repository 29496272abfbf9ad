/** A listener of a gateway, and the services behind it. */
import { z } from "zod";
import { field, port, text } from "./checking/fields";
import { formatPath, type Path, type Problems } from "./checking/problem";
import { items, type Sound, type View } from "./checking/view";
import { filledTextFault } from "./formats/text";
import type { GatewayDeclaration } from "./gateway";
import { uncallable } from "./job";
import { checkHosts } from "./listener-host";
import { type Protocol, protocolSchema } from "./service";

/** A port of a gateway. */
export interface ListenerDeclaration {
  /** TCP port on every address of the node. */
  port: number;
  /** Must be the protocol of every service behind it. */
  protocol: Protocol;
  /**
   * TLS, with a certificate of the mesh's own authority for the declared hosts, or with yours. `*` is then no host.
   * @default false
   */
  tls?: boolean | ListenerTlsDeclaration;
  services: ListenerServiceDeclaration[];
}

/** Consul: ingress-gateway `Listeners[].TLS`. */
export interface ListenerTlsDeclaration {
  /** @default "TLSv1_2" */
  minVersion?: "TLSv1_2" | "TLSv1_3";
  /** A certificate of yours, from a secret discovery service. @default one of the mesh's own authority */
  sds?: {
    /** A cluster of the gateway's `extraStaticClustersJson`. */
    clusterName: string;
    /** The name of the certificate there. */
    certResource: string;
  };
}

/** A service that a listener leads to. */
export interface ListenerServiceDeclaration {
  /** A declared service, also one of `consul.services`, or `*` for all (http-like listeners only). */
  name: string;
  /** Host header values that lead here, `*` for any. None on tcp. @default `<service>.ingress.*` */
  hosts?: string[];
}

const SERVICE_NAME = "write a service's name";

const listenerServiceSchema = z.strictObject({
  name: text(SERVICE_NAME, () => undefined),
  hosts: field(
    z.array(text("write a host name or `*`", () => undefined)),
    'write a list of host names, for example `["*"]`',
  ).optional(),
});

const listenerTlsSchema = z.strictObject({
  minVersion: field(z.enum(["TLSv1_2", "TLSv1_3"]), "write `TLSv1_2` or `TLSv1_3`").optional(),
  sds: field(
    z.strictObject({
      clusterName: text("name a cluster of `extraStaticClustersJson`", filledTextFault),
      certResource: text("name the certificate as the service of `clusterName` does", filledTextFault),
    }),
    "write `{ clusterName, certResource }`",
  ).optional(),
});

export const listenerSchema = z.strictObject({
  port: port("write the port at which the gateway listens, for example 8080"),
  protocol: protocolSchema,
  tls: field(
    z.preprocess((value) => (typeof value === "boolean" ? {} : value), listenerTlsSchema),
    'write `true`, `false` or `{ minVersion: "TLSv1_3" }`',
  ).optional(),
  services: field(
    z.array(field(listenerServiceSchema, "write `{ name: <service> }`")),
    "list the services behind this listener: `[{ name: <service> }]`",
  ),
});

export type Listener = Sound<ListenerDeclaration>;

/** Listeners lead to declared services of their protocol, each with hosts of its own. */
export function checkRoutes(view: View, problems: Problems): void {
  for (const [name, gateway] of view.gateways.entries)
    checkGateway(gateway, ["gateways", name, "listeners"], view, problems);
}

function checkGateway(gateway: Sound<GatewayDeclaration>, path: Path, view: View, problems: Problems): void {
  for (const { index, value: listener } of items(gateway.listeners)) {
    const at = [...path, index, "services"];
    if (listener.services?.length === 0) {
      problems.add(at, listener.services, {
        reason: "the listener leads nowhere, and Consul refuses one without services",
        remedy: "name a service, or remove the listener: `listeners: []` runs a gateway that routes nothing yet",
      });
    }
    if (listener.protocol === "tcp") checkTcp(listener, at, problems);
    checkServices(listener, at, view, problems);
    checkHosts(listener, at, problems);
  }
}

function checkTcp(listener: Listener, path: Path, problems: Problems): void {
  if (listener.services && listener.services.length > 1) {
    problems.add(
      path,
      listener.services.map((route) => route?.name),
      {
        reason: "a tcp listener cannot tell calls apart, so it leads to exactly one service",
        remedy: "give each service a listener and a port of its own",
      },
    );
  }
  for (const {
    index,
    value: { hosts },
  } of items(listener.services)) {
    if (hosts === undefined || hosts.length === 0) continue;
    problems.add([...path, index, "hosts"], hosts, {
      reason: "a tcp listener never sees a Host header, so hosts mean nothing there",
      remedy: "remove `hosts`, or make the listener and the service `http`",
    });
  }
}

function checkServices(listener: Listener, path: Path, view: View, problems: Problems): void {
  const seen = new Map<string, number>();
  for (const { index, value: route } of items(listener.services)) {
    const { name } = route;
    if (name === undefined) continue;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    const fault = first === undefined ? serviceFault(name, listener, view) : twice(name, formatPath([...path, first]));
    if (fault) problems.add([...path, index, "name"], name, fault);
  }
}

function twice(name: string, where: string) {
  return {
    reason: `\`${name}\` stands on this listener already (${where})`,
    remedy: "put all its hosts into one entry",
  };
}

function serviceFault(name: string, { protocol }: Listener, { callable, services, gateways, others }: View) {
  if (name === "*") {
    if (protocol !== "tcp") return undefined;
    return {
      reason: "`*` needs a Host header to tell services apart, and a tcp listener sees none",
      remedy: "name one service",
    };
  }
  if (gateways.has(name) && !callable.has(name)) {
    return { reason: `\`${name}\` is a gateway, and a gateway leads to services`, remedy: "name a service" };
  }
  const unknown = callable.unknown(name, "service");
  if (unknown) return unknown;
  const deaf = uncallable(name, services);
  if (deaf) return deaf;
  const spoken = callable.get(name)?.protocol;
  if (spoken === undefined || protocol === undefined || spoken === protocol) return undefined;
  return {
    reason: `the listener's protocol is ${protocol} and \`${name}\` speaks ${spoken} (${others.has(name) ? "consul." : ""}services.${name}.protocol)`,
    remedy: `make the listener's protocol \`${spoken}\`, or give the service a listener of its own`,
  };
}
