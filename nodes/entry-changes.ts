/** Every place where a config entry differs from another, for a person. */
import { difference } from "./entry-difference";

const MOST_LINES = 12;

/** `Protocol "grpc" becomes "http"; MaxInboundConnections 5 goes`; empty when both mean the same to Consul. */
export function diffOf(present: object, ours: object): string {
  const lines = differences(present, ours, "");
  const more = lines.length > MOST_LINES ? [`and ${lines.length - MOST_LINES} more`] : [];
  return [...lines.slice(0, MOST_LINES), ...more].join("; ");
}

function differences(present: unknown, ours: unknown, at: string): string[] {
  if (!difference(ours, present, at)) return [];
  if (!isObject(present) || !isObject(ours) || at === "Sources" || Array.isArray(present) !== Array.isArray(ours)) {
    return [lineOf(present, ours, at)];
  }
  const [before, after] = [present as Record<string, unknown>, ours as Record<string, unknown>];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const step = Array.isArray(present) ? `[${key}]` : at ? `.${key}` : key;
    return differences(before[key], after[key], at + step);
  });
}

function lineOf(present: unknown, ours: unknown, at: string): string {
  if (at === "Sources") return `Sources (${callers(present)}) become (${callers(ours)})`;
  if (isNothing(ours)) return `${at} ${shown(present)} goes`;
  return isNothing(present) ? `${at} ${shown(ours)} comes` : `${at} ${shown(present)} becomes ${shown(ours)}`;
}

/** `web allow, * deny`: what an intention is about. */
function callers(sources: unknown): string {
  const list = (sources ?? []) as { Name?: string; Action?: string; Permissions?: unknown[] }[];
  return list.map(({ Name, Action, Permissions }) => `${Name} ${Action || permissions(Permissions)}`).join(", ");
}

const permissions = (list: unknown[] | null = []): string => JSON.stringify(list, withoutEmpty).slice(0, 200);

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isNothing = (value: unknown): boolean => difference(value, undefined) === undefined;

const withoutEmpty = (_: string, value: unknown): unknown =>
  value === null || (isObject(value) && Object.keys(value).length === 0) ? undefined : value;

const shown = (value: unknown): string => JSON.stringify(value, withoutEmpty)?.slice(0, 200) ?? "nothing";
