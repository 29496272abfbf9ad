/** From zod's issues to problems that a person can act on, and to the parts of the value that are sound. */
import { z } from "zod";
import { advice } from "./fields";
import { closest, didYouMean, type Fault, oneOf, type Path, type Problems } from "./problem";

type Issue = z.core.$ZodIssue;

/** A fault of the value at `path`. */
interface Found {
  path: Path;
  value: unknown;
  fault: Fault;
  /** The field is required and not there. */
  missing?: boolean;
  /** Where a field of an unknown name was probably meant to be. */
  meant?: Path;
}

/**
 * Reports everything that a schema finds in `value`, and takes out of `value` each part that failed, so that the
 * checks after this one look at sound parts only and report no problem twice. A part of a list leaves `undefined`
 * behind, so that the others keep their places. A part of which only a deploy lacks something is sound. Returns the sound rest.
 */
export function keepSound(schema: z.ZodType, value: unknown, base: Path, problems: Problems): unknown {
  const result = schema.safeParse(value);
  if (result.success) return value;
  const found = result.error.issues.flatMap((issue) => faultsOf(issue, schema, value));
  const meant = new Set(found.map(({ meant }) => meant && JSON.stringify(meant)));
  for (const { path, value: part, fault, missing } of found) {
    // A required field under a misspelt name is one problem, not two.
    if (missing && meant.has(JSON.stringify(path))) continue;
    problems.add([...base, ...path], part, fault);
  }
  if (found.some(({ path }) => path.length === 0)) return undefined;
  for (const { path, fault } of found) if (!fault.onlyForDeploy) remove(value, path);
  return value;
}

function faultsOf(issue: Issue, schema: z.ZodType, whole: unknown): Found[] {
  const path = issue.path as (string | number)[];
  const value = valueAt(whole, path);
  if (issue.code === "unrecognized_keys") {
    const known = fieldsOf(schemaAt(schema, path));
    return issue.keys.map((key) => unknownField(key, path, valueAt(value, [key]), known));
  }
  if (issue.code === "custom" && issue.params) return [{ path, value, fault: issue.params as unknown as Fault }];
  const { remedy, ifMissing } = adviceAt(schema, path);
  if (value === undefined) {
    const fault = ifMissing ?? { reason: `\`${lastField(path)}\` is missing`, remedy };
    return [{ path, value, missing: true, fault }];
  }
  if (issue.code === "invalid_value") {
    return [{ path, value, fault: invalidValue(issue.values.map(String), value, remedy) }];
  }
  if (issue.code === "invalid_union") {
    const form = issue.errors.find((inner) => inner.length > 0 && inner.every(isOfForm));
    if (form) return form.flatMap((inner) => faultsOf({ ...inner, path: [...path, ...inner.path] }, schema, whole));
  }
  if (issue.code === "invalid_union" && typeof value === "object" && value !== null) {
    return [{ path, value, fault: { reason: "this is none of the forms that can stand here", remedy } }];
  }
  const expected = issue.code === "invalid_type" ? kindOfType(issue.expected) : "something else";
  return [{ path, value, fault: { reason: `${expected} is needed here, and this is ${kindOf(value)}`, remedy } }];
}

/** Whether an issue is about a value of the right form: about a part of it, or from a check that knows the reason. */
const isOfForm = ({ code, path }: Issue): boolean =>
  path.length > 0 || code === "unrecognized_keys" || code === "custom";

function unknownField(key: string, parent: Path, value: unknown, known: string[]): Found {
  const remedy = didYouMean(
    key,
    known,
    known.length ? `remove it; the fields here are ${known.join(", ")}` : "remove it",
  );
  const meant = closest(key, known);
  return {
    path: [...parent, key],
    value,
    meant: meant === undefined ? undefined : [...parent, meant],
    fault: { reason: `there is no field \`${key.slice(0, 63)}\` here`, remedy },
  };
}

function invalidValue(allowed: string[], found: unknown, remedy: string): Fault {
  const reason = `only ${oneOf(allowed)} can stand here`;
  return { reason, remedy: typeof found === "string" ? didYouMean(found, allowed, remedy) : remedy };
}

/** The part of a schema for the value at `path`. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let at: unknown = schema;
  for (const step of path) {
    const inner = unwrap(at, step);
    if (inner instanceof z.ZodObject) at = inner.shape[step];
    else if (inner instanceof z.ZodRecord) at = inner.valueType;
    else if (inner instanceof z.ZodArray) at = inner.element;
    else return undefined;
  }
  return at as z.ZodType | undefined;
}

/** @param step of a union, the form that has such a part */
function unwrap(schema: unknown, step: string | number = ""): unknown {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap(), step);
  if (!(schema instanceof z.ZodUnion)) return schema;
  const forms = schema.options.map((form) => unwrap(form, step));
  const isList = typeof step === "number";
  return forms.find((form) => (isList ? form instanceof z.ZodArray : form instanceof z.ZodObject)) ?? schema;
}

function fieldsOf(schema: z.ZodType | undefined): string[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function adviceAt(schema: z.ZodType, path: Path): { remedy: string; ifMissing?: Fault } {
  const at = schemaAt(schema, path);
  const inner = at instanceof z.ZodOptional ? at.unwrap() : at;
  const known = inner instanceof z.ZodType ? advice.get(inner) : undefined;
  return known ?? { remedy: "see the types in `model/` for what belongs here" };
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, step)
        ? (at as Record<string, unknown>)[step]
        : undefined,
    value,
  );
}

function remove(value: unknown, path: Path): void {
  const parent = valueAt(value, path.slice(0, -1));
  const last = path.at(-1)!;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else if (typeof parent === "object" && parent !== null && Object.hasOwn(parent, last)) {
    (parent as Record<string, unknown>)[last] = undefined;
  }
}

function lastField(path: Path): string {
  const last = path.at(-1);
  return typeof last === "number" ? `item ${last}` : String(last ?? "the declaration");
}

function kindOfType(type: string): string {
  const names: Record<string, string> = {
    array: "a list",
    object: "an object",
    record: "an object",
    boolean: "`true` or `false`",
  };
  return names[type] ?? `a ${type}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "symbol") return value.description ?? "a symbol";
  if (Number.isNaN(value)) return "no number at all";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
