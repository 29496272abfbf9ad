/** The Consul of a mesh: where Terraform reaches it, and which of its entries for every service the mesh writes. */
import { z } from "zod";
import { type AgentDeclaration, agentSchema } from "./agent";
import { type AtLeastOne, combination } from "./checking/combination";
import { field, flag, text } from "./checking/fields";
import type { Fault, Problems } from "./checking/problem";
import { isBroken, type View } from "./checking/view";
import { hostPortFault } from "./formats/address";
import { datacenterFault } from "./formats/text";
import { type OtherServiceDeclaration, otherServicesSchema } from "./other-service";

/** With `address`, `addresses` or both. */
export type ConsulDeclaration = ConsulSettings & AtLeastOne<ConsulAddresses>;

interface ConsulAddresses {
  /** `host:port` at which Terraform reaches Consul's API: HTTPS, unless `tls` is false. @default the first of `addresses` */
  address: string;
  /**
   * Several such addresses, a server's each: the first that answers is used, `address` before these. Where Terraform runs
   * elsewhere it is the first. @default `address` alone
   */
  addresses: string[];
}

interface ConsulSettings {
  /** Consul's `datacenter`. */
  datacenter: string;
  /**
   * `true` where Consul already runs on every node: then there is no `cluster` stack.
   * @default false
   */
  existing?: boolean;
  /**
   * With `existing: true`: which of Consul's entries for everyone this mesh writes. `proxy-defaults` is
   * `proxy-defaults/global`: http is the protocol of every service that has none of its own. `default-deny` is the
   * intention that denies every call which no other one allows. `mesh` is `mesh/mesh`: how every sidecar reads paths, which permissions that name
   * a path need. All are for all services of that Consul, declared or not.
   * Refused without `existing`: such a mesh has its Consul for itself and owns all of them.
   * @default none
   */
  owns?: OwnedEntry[];
  /**
   * Services that others run in this Consul, by name: this mesh may call them, route to them, and let them call. What allows a call
   * to one of them is theirs to write; the preflight and the doctor say whether it is allowed. @default none
   */
  services?: Record<string, OtherServiceDeclaration>;
  /**
   * Access control lists: whoever has no token is refused. Each service's token is good for that service alone.
   * @default true; `false` gives a warning
   */
  acl?: boolean;
  /**
   * TLS on every port of Consul, with certificates on both sides: then `address` is that of the HTTPS API, port 8501.
   * @default true; `false` gives a warning
   */
  tls?: boolean;
  /** Encrypts the gossip between agents. @default true; `false` gives a warning */
  gossipEncryption?: boolean;
  /**
   * Consul's DNS (8600) on the servers' address too: in plain text, for whoever reaches it. Every agent answers on its own loopback.
   * @default false; `true` gives a warning
   */
  openDns?: boolean;
  /**
   * Servers of other datacenters may join these by gossip (8302), which the gossip key alone guards.
   * @default false: the port is closed; `true` gives a warning
   */
  wanGossip?: boolean;
  /** Settings of Consul's agents beyond those that a mesh needs. Refused with `existing`. @default `{ logLevel: "info" }` */
  agent?: AgentDeclaration;
}

/** An entry of Consul's that is for every service: `proxy-defaults/global`, the intention from `*` to `*`, and `mesh/mesh`. */
export type OwnedEntry = "proxy-defaults" | "default-deny" | "mesh";

/** The Consul of the checked mesh. */
export interface Consul {
  datacenter: string;
  /** The one that is used. */
  address: string;
  /** All that are declared, each once, in the order in which they are tried. */
  addresses: string[];
  existing: boolean;
  /** Which entries for everyone the mesh writes. All where Gatehouse sets up Consul. */
  owns: OwnedEntry[];
  acl: boolean;
  tls: boolean;
  gossipEncryption: boolean;
  openDns: boolean;
  wanGossip: boolean;
  /** As declared. */
  agent?: AgentDeclaration;
}

const OWNED_ENTRIES = ["proxy-defaults", "default-deny", "mesh"] as const satisfies OwnedEntry[];

const API_ADDRESS = "write where Consul's HTTP API answers, for example `10.0.0.10:8501`";

export const consulSchema = combination<ConsulDeclaration>(
  z.strictObject({
    datacenter: text("write Consul's datacenter, for example `dc1`", datacenterFault),
    address: text(API_ADDRESS, hostPortFault).optional(),
    addresses: field(
      z.array(text(API_ADDRESS, hostPortFault)),
      'write a list, for example `["10.0.0.10:8501", "10.0.0.20:8501"]`, or leave it out',
    ).optional(),
    existing: flag().optional(),
    owns: field(
      z.array(field(z.enum(OWNED_ENTRIES), "write `proxy-defaults`, `default-deny` or `mesh`")),
      'write a list, for example `["default-deny"]`, or leave it out',
    ).optional(),
    services: otherServicesSchema.optional(),
    acl: flag().optional(),
    tls: flag().optional(),
    gossipEncryption: flag().optional(),
    openDns: flag().optional(),
    wanGossip: flag().optional(),
    agent: agentSchema.optional(),
  }),
);

/** Consul has an address, and `owns` has a meaning. */
export function checkConsul({ declaration }: View, problems: Problems): void {
  const { consul } = declaration;
  for (const setting of ["openDns", "wanGossip"] as const) {
    if (consul?.existing !== true || consul[setting] === undefined || isBroken(consul, setting)) continue;
    problems.add(["consul", setting], consul[setting], {
      reason: "Gatehouse writes no setting of agents that were there before (consul.existing)",
      remedy: "remove it, and configure those agents",
    });
  }
  if (consul && !Object.hasOwn(consul, "address") && !consul.addresses?.length && !isBroken(consul, "addresses")) {
    problems.add(["consul", "address"], undefined, {
      reason: "Terraform writes the config entries through Consul's HTTP API, and no address of it is declared",
      remedy: 'write `address: "10.0.0.10:8501"`, or several in `addresses`: the first that answers is used',
    });
  }
  if (consul?.owns === undefined || consul.existing === true) return;
  // A broken `existing` has its problem already.
  if (isBroken(consul, "existing")) return;
  problems.add(["consul", "owns"], consul.owns, {
    reason: "a mesh whose Consul agents Gatehouse sets up owns these entries anyway: no one else uses that Consul",
    remedy: "remove it; or write `existing: true` where Consul already runs on every node",
  });
}

/** Why an entry for everyone cannot be changed here, or undefined where the mesh owns it or where `owns` is broken. */
export function notOwned({ declaration: { consul } }: View, entry: OwnedEntry, remedy: string): Fault | undefined {
  if (consul?.existing !== true || isBroken(consul, "owns")) return undefined;
  if (consul.owns?.includes(entry)) return undefined;
  return {
    reason: `${ENTRY[entry]} is for every service of a Consul that was there before (consul.existing), and this mesh does not own it`,
    remedy,
  };
}

const ENTRY: Record<OwnedEntry, string> = {
  "proxy-defaults": "`proxy-defaults/global`",
  "default-deny": "the intention on `*`",
  mesh: "`mesh/mesh`",
};

/** The settings with their defaults. */
export function resolveConsul(consul: ConsulDeclaration): Consul {
  const { datacenter, existing = false, acl = true, tls = true, gossipEncryption = true } = consul;
  const { openDns = false, wanGossip = false } = consul;
  const addresses = addressesOf(consul);
  const owns = existing ? [...new Set(consul.owns)] : [...OWNED_ENTRIES];
  const locks = { acl, tls, gossipEncryption, openDns, wanGossip };
  return {
    datacenter,
    address: addresses[0]!,
    addresses,
    existing,
    owns,
    ...locks,
    ...(consul.agent && { agent: consul.agent }),
  };
}

/** `checkConsul` refuses a declaration without any. */
function addressesOf({ address, addresses = [] }: ConsulDeclaration): string[] {
  return [...new Set(address === undefined ? addresses : [address, ...addresses])];
}
