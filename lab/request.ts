/** A request through the gateway, and the way that it took. */
import { setTimeout as sleep } from "node:timers/promises";
import { type MeshDeclaration, nodeOf } from "../model";

/** One way through the mesh: a gateway's listener, the service behind it, and what that one calls. */
export interface Way {
  url: string;
  gateway: { name: string; node: string };
  /** The first is what the gateway calls, each next one the upstream of the one before. */
  services: { name: string; node: string }[];
}

/** The answer to a request. */
export interface Answer {
  status: number;
  /** The SPIFFE ids of the callers as the last service saw them, oldest first. */
  callers: string[];
}

/** The first way over HTTP that the mesh declares. Undefined when it declares none. */
export function firstWay(mesh: MeshDeclaration): Way | undefined {
  for (const [name, gateway] of Object.entries(mesh.gateways ?? {})) {
    const listener = gateway.listeners.find(({ protocol, tls }) => protocol === "http" && !tls);
    const entry = listener?.services.find((service) => mesh.services?.[service.name]);
    const node = gateway.runsOn[0];
    if (!listener || !entry || !node) continue;
    const url = `http://${mesh.nodes[node]?.address}:${listener.port}/debug`;
    return { url, gateway: { name, node }, services: follow(mesh, entry.name) };
  }
  return undefined;
}

function follow(mesh: MeshDeclaration, first: string): Way["services"] {
  const seen = new Set<string>();
  for (let name: string | undefined = first; name && !seen.has(name); ) {
    seen.add(name);
    name = Object.keys(mesh.services?.[name]?.upstreams ?? {})[0];
  }
  return [...seen].map((name) => ({ name, node: nodeOf(mesh.services?.[name]?.runsOn[0] ?? "?") }));
}

/** The callers in the `X-Forwarded-Client-Cert` line of a page that shows the request's headers, as fortio's does. */
export function callersIn(page: string): string[] {
  const header = /^X-Forwarded-Client-Cert: (.*)$/im.exec(page)?.[1] ?? "";
  return [...header.matchAll(/\bURI=([^;,"\s]+)/g)].map(([, id = ""]) => id);
}

/** Asks until the answer is 200, at most for `patience` milliseconds. */
export async function ask(url: string, patience = 30_000): Promise<Answer> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await once(url);
    if (typeof answer !== "string" && answer.status === 200) return answer;
    if (Date.now() > end) throw new Error(`${url}: ${typeof answer === "string" ? answer : `status ${answer.status}`}`);
    await sleep(500);
  }
}

async function once(url: string): Promise<Answer | string> {
  try {
    // As curl asks: fortio's proxy hands a packed page on without saying that it is packed.
    const headers = { "Accept-Encoding": "identity" };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) });
    return { status: response.status, callers: callersIn(await response.text()) };
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error ? cause.message : message;
  }
}

/** The way as text, one line a step. */
export function describe({ url, gateway, services }: Way, { status, callers }: Answer): string {
  const steps = services.map(({ name, node }) => `-> ${name} on ${node} (mTLS, through its Envoy sidecar)`);
  const caller = callers.at(-1);
  if (caller) steps.push(`   which saw its caller as ${caller}`);
  return [`GET ${url}`, `-> ${gateway.name} on ${gateway.node} (Envoy)`, ...steps, `<- ${status}`].join("\n");
}
