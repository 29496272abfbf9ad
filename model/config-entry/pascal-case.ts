/** From the camelCase of a declaration to the names of Consul's API. */

/** Words that Consul writes in capitals, as in `HTTP`, `CAFile` or `SourceIP`. */
const CAPITALS = new Set("acl api ca dns grpc http id ip json jwks jwt kb kv sds sni tls ttl uri url".split(" "));

/** Where Consul itself departs from the rule. */
const EXCEPTIONS = new Map([["caCertificateProviderInstance", "CaCertificateProviderInstance"]]);

/** Fields whose value belongs to the user or to Envoy, down to the last key. */
const OPAQUE = new Set(["add", "arguments", "config", "meta", "set"]);

/** Fields whose keys are names that the user chose, and whose values are Consul's again. */
const NAMED = new Set(["failover", "subsets"]);

/** The keys below a field: Consul's fields, names that a person chose, or data that stays as it is. */
export type Below = "fields" | "names" | "opaque";

/** How the keys below a field are read. */
export function below(field: string): Below {
  if (OPAQUE.has(field)) return "opaque";
  return NAMED.has(field) ? "names" : "fields";
}

/** `maxInboundConnections` to `MaxInboundConnections`, `http` to `HTTP`, `caFile` to `CAFile`. */
export function pascalCase(field: string): string {
  const exception = EXCEPTIONS.get(field);
  if (exception) return exception;
  const words = field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]*/g) ?? [field];
  return words.map((word) => (CAPITALS.has(word.toLowerCase()) ? word.toUpperCase() : capitalized(word))).join("");
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Renames the fields of a config entry and everything in it. Keys that are a person's data stay as they are. */
export function toConsul(value: unknown, keys: Below = "fields"): unknown {
  if (keys === "opaque" || typeof value !== "object" || value === null) return plain(value);
  if (Array.isArray(value)) return value.map((item) => toConsul(item, keys));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      keys === "names" ? [key, toConsul(inner)] : [pascalCase(key), toConsul(inner, below(key))],
    ),
  );
}

/** A copy with ordinary prototypes. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
