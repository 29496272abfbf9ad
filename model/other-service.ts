/** A service that others run in the same Consul: another team, or another mesh. Nothing of it is written, moved or removed. */
import { z } from "zod";
import { field } from "./checking/fields";
import type { Fault, Problems } from "./checking/problem";
import type { View } from "./checking/view";
import { nameFault } from "./name";
import { type Protocol, protocolSchema } from "./service";

/** May be an upstream, stand behind a listener, be a target of routes, and call services of this mesh by `intentions`. */
export interface OtherServiceDeclaration {
  /** How it speaks in Consul: the `Protocol` of its service-defaults, or else that of `proxy-defaults/global`. */
  protocol: Protocol;
}

/** A service of others, of the checked mesh. */
export interface OtherService {
  name: string;
  protocol: Protocol;
}

/** A call from this mesh to a service of others, which its intentions have to allow. */
export interface CallToOther {
  source: string;
  destination: string;
}

export const otherServicesSchema = field(
  z.record(z.string(), field(z.strictObject({ protocol: protocolSchema }), 'write `{ protocol: "http" }`')),
  'write `{ <service>: { protocol: "http" } }`, or leave it out',
);

/** Each has a name that no part of this mesh has. */
export function checkOtherServices(view: View, problems: Problems): void {
  for (const [name] of view.others.entries) {
    const fault = nameFault(name) ?? takenFault(name, view);
    if (fault) problems.add(["consul", "services", name], name, fault);
  }
}

function takenFault(name: string, { services, gateways }: View): Fault | undefined {
  const section = services.has(name) ? "services" : gateways.has(name) ? "gateways" : undefined;
  if (!section) return undefined;
  return {
    reason: `this mesh runs it itself (${section}.${name})`,
    remedy: `remove it here; or remove ${section}.${name}, where others run it`,
  };
}

/** Why an intention for a service of others is not written here. */
export const notOursToAllow = (destination: string): Fault => ({
  reason: `others run \`${destination}\` (consul.services), and Consul keeps one entry for all who may call it: theirs`,
  remedy: `remove it, and have whoever runs \`${destination}\` allow the call`,
});

export const otherServicesOf = (services: Record<string, OtherServiceDeclaration> = {}): OtherService[] =>
  Object.entries(services).map(([name, { protocol }]) => ({ name, protocol }));
