/** Lengths of time. */
import type { Fault } from "../checking/problem";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Below this a check is a load test. */
const SHORTEST_MS = 100;

const LONGEST_MS = 24 * UNITS.h!;

/** Milliseconds of a duration such as `500ms` or `1.5s`; undefined when it is none. */
export function milliseconds(duration: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS[unit!]!;
}

/** Milliseconds as Consul gives a duration back, in Go's form: `500ms`, `2.5s`, `1m0s`, `1h0m0s`. */
export function goDuration(length: number): string {
  if (length < UNITS.s!) return `${length}ms`;
  const [hours, minutes] = [Math.floor(length / UNITS.h!), Math.floor((length % UNITS.h!) / UNITS.m!)];
  const seconds = `${(length % UNITS.m!) / UNITS.s!}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** The interval or timeout of a health check. */
export function durationFault(duration: string): Fault | undefined {
  const remedy = "write digits and a unit, `ms`, `s`, `m` or `h`, for example `500ms` or `2s`";
  const length = milliseconds(duration);
  if (length === undefined) return { reason: "this is not a length of time as Consul reads it", remedy };
  if (length < SHORTEST_MS) return { reason: `a health check's time must be at least ${SHORTEST_MS}ms`, remedy };
  if (length > LONGEST_MS) return { reason: "a health check's time must be at most 24h", remedy };
  return undefined;
}

/** A duration in a config entry, where Consul takes Go's form: also `1m30s` and `0s`. */
export function goDurationFault(duration: string): Fault | undefined {
  if (/^(0|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/.test(duration)) return undefined;
  return {
    reason: "this is not a length of time as Consul reads it",
    remedy: "write digits and a unit, for example `15s`",
  };
}

/** How long a connection or a request may take. */
export function timeoutFault(duration: string): Fault | undefined {
  const remedy = "write digits and a unit, `ms`, `s`, `m` or `h`, for example `60s`";
  const length = milliseconds(duration);
  if (length === undefined) return { reason: "this is not a length of time as Consul reads it", remedy };
  if (!Number.isInteger(length) || length < 1)
    return { reason: "Envoy counts whole milliseconds, from one on", remedy };
  return length > LONGEST_MS ? { reason: "it is longer than a day", remedy } : undefined;
}

/** How long a release may take until it serves. */
export function startTimeoutFault(duration: string): Fault | undefined {
  const remedy = "write digits and a unit, `s`, `m` or `h`, for example `3m`";
  const length = milliseconds(duration);
  if (length === undefined) return { reason: "this is not a length of time", remedy };
  if (length >= UNITS.s! && length <= UNITS.h!) return undefined;
  return { reason: "a deploy waits so long for a release that does not serve: from 1s to 1h", remedy };
}
