/** Whether two config entries mean the same to Consul. Pure. */

export interface Difference {
  /** `Sources[0].Action`; empty for the whole. */
  at: string;
  expected: string;
  found: string;
}

/** The first place where two values mean different things to Consul. What is left out means its empty value. */
export function difference(expected: unknown, found: unknown, at = ""): Difference | undefined {
  const [a, b] = [normal(expected, at), normal(found, at)];
  if (isEmpty(a) && isEmpty(b) && (a === undefined || b === undefined)) return undefined;
  if (typeof a === "object" && typeof b === "object") {
    if (Array.isArray(a) !== Array.isArray(b)) return { at, expected: shown(expected), found: shown(found) };
    return insideDifference(a as Record<string, unknown>, b as Record<string, unknown>, at);
  }
  return a === b ? undefined : { at, expected: shown(expected), found: shown(found) };
}

function insideDifference(a: Record<string, unknown>, b: Record<string, unknown>, at: string): Difference | undefined {
  const [expected, found] = [callers(a, at), callers(b, at)];
  if (expected !== found) return { at, expected, found };
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const step = Array.isArray(a) ? `[${key}]` : at ? `.${key}` : key;
    const inner = difference(a[key], b[key], at + step);
    if (inner) return inner;
  }
  return undefined;
}

/** Who an intention is about. Empty for anything else. */
function callers(value: object, at: string): string {
  return at === "Sources"
    ? Object.values(value)
        .map(({ Name }) => Name)
        .join(", ")
    : "";
}

/** Null is nothing, lengths of time are numbers, and the order of an intention's sources says nothing. */
function normal(value: unknown, at: string): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value) && at === "Sources") {
    return [...value].sort((one: { Name: string }, other: { Name: string }) => (one.Name < other.Name ? -1 : 1));
  }
  return typeof value === "string" ? (nanoseconds(value) ?? value) : value;
}

const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `1m30s`, as Go writes lengths of time. */
function nanoseconds(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g);
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit ?? ""]!, 0);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

const shown = (value: unknown): string =>
  value === undefined || value === null ? "nothing" : JSON.stringify(value).slice(0, 80);
