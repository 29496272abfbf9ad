/** Asks a Consul that was there before what it has for everyone, and who uses it. */

import { layout, type Mesh } from "../model";
import type { LiveEntry } from "../nodes";
import { askIfThere, mapLimit } from "../nodes";
import { type Call, type CatalogueProxy, callsOf } from "./cut-calls";
import { letsThrough, type SharedConsul, undeclared } from "./judge-owns";

/** The kinds of config entries that `SharedConsul` is read from. */
export const SHARED_KINDS = ["proxy-defaults", "service-defaults", "service-intentions", "ingress-gateway", "mesh"];

/** Sidecars that are asked for their upstreams, at most. */
const MOST_PROXIES = 200;

/** Requests at once. */
const WIDTH = 8;

/** Undefined when Consul does not answer: `askConsul` makes the finding. */
export async function askShared(mesh: Mesh, present: LiveEntry[], timeout: number): Promise<SharedConsul | undefined> {
  if (!mesh.consul.existing) return undefined;
  const ask = (path: string, query?: Record<string, string>) => askIfThere(mesh, path, { timeout, query });
  const entry = (kind: string, name: string) => present.find(({ Kind, Name }) => Kind === kind && Name === name);
  const anyIntention = entry("service-intentions", "*");
  try {
    const [catalogue, self, check] = await Promise.all([
      ask("catalog/services"),
      ask("agent/self"),
      // Two names that no service has: what is said of them is Consul's default.
      ask("connect/intentions/check", {
        source: "gatehouse-preflight-a",
        destination: "gatehouse-preflight-b",
      }),
    ]);
    const services = Object.keys(catalogue ?? {});
    const policy = self?.DebugConfig?.DefaultIntentionPolicy;
    const allowsByDefault = letsThrough(anyIntention, policy, check?.Allowed === true);
    const calls = mesh.consul.owns.includes("default-deny") ? await callsIn(mesh, services, present, ask) : [];
    const withProtocol = present
      .filter(({ Kind, Protocol }) => Kind === "service-defaults" && Protocol)
      .map(({ Name }) => Name);
    const intentions = present.filter(({ Kind }) => Kind === "service-intentions");
    return {
      proxyDefaults: entry("proxy-defaults", "global"),
      anyIntention,
      services,
      allowsByDefault,
      calls,
      intentions,
      withProtocol,
    };
  } catch {
    return undefined;
  }
}

async function callsIn(
  mesh: Mesh,
  services: string[],
  present: LiveEntry[],
  ask: (path: string) => Promise<CatalogueProxy[] | undefined>,
): Promise<Call[]> {
  const others = new Set(undeclared(mesh, services));
  const proxies = services.filter((name) => layout.isSidecar(name) || others.has(name));
  const asked = await mapLimit(proxies.slice(0, MOST_PROXIES), WIDTH, (name) =>
    ask(`catalog/service/${encodeURIComponent(name)}`),
  );
  const gateways = present.filter(({ Kind, Name }) => Kind === "ingress-gateway" && others.has(Name));
  return callsOf(
    asked.flatMap((list) => list ?? []),
    gateways,
  );
}
