/** Placeholders in the texts of a service: each instance finds its own ports there. */
import type { Service } from "./service";

/** The ports of one instance of a service. */
export type OwnPorts = Pick<Service, "port" | "upstreams"> & { health: Pick<Service["health"], "port"> };

/**
 * `%port`, `%health.port` or `%upstream.NAME.port`, and the same with a second `%` before it, which stays as text. Any other `%`
 * is text, too: `%ports`, `%d`, `100%`.
 */
const PLACEHOLDER = /(%?)%(port|health\.port|upstream\.([a-z0-9-]+)\.port)(?![A-Za-z0-9_])/g;

/** The text as the instance with these ports gets it. */
export function filledIn(text: string, ports: OwnPorts): string {
  return text.replace(PLACEHOLDER, (found, percent: string, what: string, upstream?: string) => {
    if (percent !== "") return `%${what}`;
    return String(portOf(what, upstream, ports) ?? found);
  });
}

function portOf(what: string, upstream: string | undefined, { port, health, upstreams }: OwnPorts) {
  if (upstream !== undefined) return upstreams.find(({ name }) => name === upstream)?.localPort;
  return what === "port" ? port : (health.port ?? port);
}

/** The placeholders in texts, as they are written. */
export function placeholdersIn(texts: readonly string[]): { written: string; upstream?: string }[] {
  return texts.flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)]
      .filter(([, percent]) => percent === "")
      .map(([written, , , upstream]) => ({ written, ...(upstream !== undefined && { upstream }) })),
  );
}

/** The placeholder for the port of an upstream. */
export const upstreamPlaceholder = (name: string): string => `%upstream.${name}.port`;
