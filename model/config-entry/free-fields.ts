/** Fields of config entries that Gatehouse has no schema for: only their keys and their being JSON are checked. */
import type { Path, Problems } from "../checking/problem";
import { type Below, below } from "./pascal-case";

/** The provider drops a key it does not know in silence, so a key in another spelling would simply be lost. */
export function checkFreeFields(value: unknown, path: Path, problems: Problems, keys: Below = "fields"): void {
  if (!isJson(value)) {
    problems.add(path, value, {
      reason: "this is no JSON value",
      remedy: "write text, numbers, `true`, `false`, `null`, lists or objects",
    });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkFreeFields(item, [...path, index], problems, keys);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkField(key, inner, path, problems, keys);
  }
}

function checkField(key: string, value: unknown, path: Path, problems: Problems, keys: Below): void {
  // The schema of the whole declaration took this field out and has reported it.
  if (path.length === 2 && (key === "kind" || key === "name")) return;
  if (keys === "fields" && !/^[a-z][A-Za-z0-9]*$/.test(key)) {
    problems.add([...path, key], value, {
      reason: "field names are Consul's in camelCase; in another spelling the field would be dropped in silence",
      remedy: `write \`${camelCase(key)}\``,
    });
  }
  checkFreeFields(value, [...path, key], problems, keys === "fields" ? below(key) : keys === "names" ? "fields" : keys);
}

function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return !["undefined", "symbol", "function", "bigint"].includes(typeof value);
}

/** `LocalConnectTimeoutMs`, `local_connect_timeout_ms` and `TLS` to camelCase. */
function camelCase(key: string): string {
  const words = key.split(/[^A-Za-z0-9]+/).filter(Boolean);
  return words
    .map((word, index) => (index === 0 ? lowerHead(word) : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
}

/** Lowers the first letter, or the whole run of capitals that a word begins with: `TLS` to `tls`, `CAFile` to `caFile`. */
function lowerHead(word: string): string {
  return word.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (head) => head.toLowerCase());
}
