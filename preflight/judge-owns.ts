/** The entries for everyone in a Consul that was there before: what a deploy does to them, and which services notice. Pure. */

import { type Finding, HERE, warning } from "../findings";
import { layout, type Mesh } from "../model";
import type { LiveEntry } from "../nodes";
import { type Call, cutCalls } from "./cut-calls";

/** The state of such a Consul before the deploy. */
export interface SharedConsul {
  proxyDefaults?: LiveEntry;
  /** The intention entry for `*`. */
  anyIntention?: LiveEntry;
  /** Every name in the catalogue. */
  services: string[];
  /** Whether a call between two services that no intention is about is let through. */
  allowsByDefault: boolean;
  /** The calls for which proxies and gateways are set up, by Consul's catalogue. */
  calls: Call[];
  /** Consul's service-intentions. */
  intentions: LiveEntry[];
  /** Services whose own entry says which protocol they speak. */
  withProtocol: string[];
}

/**
 * Whether Consul lets through a call that no intention names. The intention from `*` to `*` goes first, then the agent's
 * `default_intention_policy`, of which Consul's own check of an intention knows nothing, then what that check says.
 */
export function letsThrough(
  anyIntention: LiveEntry | undefined,
  policy: string | undefined,
  checked: boolean,
): boolean {
  const sources = (anyIntention?.Sources ?? []) as { Name: string; Action?: string }[];
  const action = sources.find(({ Name }) => Name === "*")?.Action ?? policy;
  return action === "allow" || (action !== "deny" && checked);
}

/** Nothing where Gatehouse sets up Consul: such a Consul is for this mesh alone. */
export function judgeOwns(mesh: Mesh, shared: SharedConsul | undefined): Finding[] {
  if (!mesh.consul.existing || !shared) return [];
  return [...judgeProxyDefaults(mesh, shared), ...judgeDefaultDeny(mesh, shared)];
}

function judgeProxyDefaults(mesh: Mesh, shared: SharedConsul): Finding[] {
  const { proxyDefaults: live, services, withProtocol } = shared;
  const entry = mesh.configEntries.find(({ kind }) => kind === "proxy-defaults");
  if (!entry) return [];
  const now = (live?.Config as { protocol?: string } | undefined)?.protocol ?? "tcp";
  const others = undeclared(mesh, services).filter((name) => !withProtocol.includes(name));
  if (now === "http" || others.length === 0) return [];
  return [
    warning(HERE, "proxy-defaults/global", {
      found: `in the catalogue, not declared, and without a protocol of their own: ${listed(others)}`,
      why: `their protocol becomes http with this deploy; now it is ${now}`,
      remedy: 'give each a service-defaults with its protocol first, or leave "proxy-defaults" out of consul.owns',
    }),
  ];
}

function judgeDefaultDeny(mesh: Mesh, shared: SharedConsul): Finding[] {
  const { services, allowsByDefault, calls, intentions } = shared;
  const entry = mesh.configEntries.find(({ kind, name }) => kind === "service-intentions" && name === "*");
  if (!entry) return allowsByDefault ? [undenied()] : [];
  const others = undeclared(mesh, services);
  if (!allowsByDefault || others.length === 0) return [];
  const cut = cutCalls(mesh, calls, intentions).filter(({ from, to }) => others.includes(from) || others.includes(to));
  const known = cut.map(({ from, to }) => `${from} -> ${to}`);
  return [
    warning(HERE, "service-intentions/*", {
      found:
        `in the catalogue and not declared: ${listed(others)}; ` +
        `set up there and allowed by no intention: ${known.length > 0 ? listed(known) : "no call that Consul knows of"}`,
      why: "calls from and to them that no intention allows are let through now and refused after this deploy",
      remedy: 'allow those calls in Consul first, or leave "default-deny" out of consul.owns',
    }),
  ];
}

function undenied(): Finding {
  return {
    severity: "note",
    where: { on: HERE, what: "intentions" },
    found: "Consul lets through what no intention denies",
    why: "it was there before, so Gatehouse writes no entry that denies the rest: calls that are not declared are not refused",
    remedy:
      'for a Consul that is for this mesh alone write `owns: ["default-deny"]` under consul; else deny in Consul itself',
  };
}

/** Sidecars go with their services. */
export function undeclared(mesh: Mesh, services: string[]): string[] {
  const declared = new Set([...mesh.services, ...mesh.gateways].map(({ name }) => name));
  const all = new Set([...declared, ...services]);
  const isSidecar = (name: string) => layout.isSidecar(name) && all.has(layout.serviceOf(name));
  return services.filter((name) => name !== "consul" && !declared.has(name) && !isSidecar(name)).sort();
}

const MOST_NAMES = 20;

function listed(names: string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}
