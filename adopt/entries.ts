/** Consul's routing of declared services: entries that a declaration has as they are. */
import { below, type ConfigEntryDeclaration, pascalCase, ROUTING_KINDS, toConsul } from "../model";
import { difference, type LiveEntry, withoutConsulsOwn } from "../nodes";

const isRoutingKind = (kind: string): boolean => (ROUTING_KINDS as readonly string[]).includes(kind);

/** Those of the declared services; an entry whose fields cannot be written so that Consul gets the same again is left out. */
export function entriesOf(entries: LiveEntry[], services: string[]): ConfigEntryDeclaration[] {
  return entries.flatMap((live) => {
    if (!isRoutingKind(live.Kind) || !services.includes(live.Name)) return [];
    const fields = withoutConsulsOwn(live);
    const declared = toDeclared(fields) as Record<string, unknown>;
    const same = difference(fields, toConsul(declared)) === undefined;
    return same ? [{ kind: live.Kind, name: live.Name, ...declared } as ConfigEntryDeclaration] : [];
  });
}

/** From the names of Consul's API to the camelCase of a declaration, without what says nothing. */
function toDeclared(value: unknown, keys: ReturnType<typeof below> = "fields"): unknown {
  if (keys === "opaque" || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toDeclared(item, keys));
  const filled = Object.entries(value).filter(([, inner]) => difference(undefined, inner) !== undefined);
  return Object.fromEntries(
    filled.map(([key, inner]) => {
      if (keys === "names") return [key, toDeclared(inner)];
      const field = camelCase(key);
      return [field, toDeclared(inner, below(field))];
    }),
  );
}

/** The field that `pascalCase` turns into this name; its first word is in lower case. */
function camelCase(name: string): string {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z][a-z]*|\d+[a-z]*/g) ?? [name];
  const field = words
    .map((word, at) => (at === 0 ? word.toLowerCase() : word.charAt(0) + word.slice(1).toLowerCase()))
    .join("");
  return pascalCase(field) === name ? field : name;
}
