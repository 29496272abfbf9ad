/** Turns whatever a mesh file exports into plain data that is safe to walk. */
import { arriving, unicodeFault } from "../formats/unicode";
import type { Path, Problems } from "./problem";

/** No declaration is nested this deep; it keeps a runaway structure from exhausting the stack. */
const DEEPEST = 64;

/**
 * Copies `value` into objects without prototype and arrays. Fields that are `undefined` are left out, so that
 * `{ ...(condition ? { env } : {}) }` and `env: undefined` mean the same. What is not plain data (a Map, a class
 * instance, a cycle, a getter that throws) becomes a symbol that says so: no field takes a symbol, so the schema
 * refuses it at its place. Text that would not arrive as it was written is a problem wherever it is, also in a key.
 */
export function toPlain(value: unknown, problems: Problems): unknown {
  return copy(value, [], new Set(), problems);
}

function copy(value: unknown, path: Path, above: Set<object>, problems: Problems): unknown {
  if (typeof value === "string") return copyText(value, path, problems);
  if (typeof value !== "object" || value === null) return value;
  if (above.has(value)) return Symbol("an object that contains itself");
  if (path.length > DEEPEST) return Symbol(`more than ${DEEPEST} levels`);
  above.add(value);
  try {
    if (Array.isArray(value)) return Array.from(value, (item, index) => copy(item, [...path, index], above, problems));
    const prototype = Object.getPrototypeOf(value);
    const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
    return plain ? copyFields(value, path, above, problems) : Symbol(`a ${className(prototype)}`);
  } catch {
    return Symbol("an object that cannot be read");
  } finally {
    above.delete(value);
  }
}

function copyText(text: string, path: Path, problems: Problems): string {
  const fault = unicodeFault(text);
  if (fault) problems.add(path, text, fault);
  return fault ? arriving(text) : text;
}

function copyFields(value: object, path: Path, above: Set<object>, problems: Problems): object {
  const fields: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key];
    if (key === "__proto__") {
      problems.add([...path, key], field, {
        reason: "`__proto__` is JavaScript's word for an object's prototype; it cannot name anything here",
        remedy: "remove it or choose another name",
      });
    } else if (field !== undefined) {
      fields[copyText(key, [...path, key], problems)] = copy(field, [...path, key], above, problems);
    }
  }
  return fields;
}

function className(prototype: object): string {
  const name: unknown = prototype.constructor?.name;
  return typeof name === "string" && name !== "Object" ? name : "object with a prototype of its own";
}
