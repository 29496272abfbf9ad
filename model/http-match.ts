/** Matches of HTTP requests, in permissions as in the routes of a service-router. */
import { z } from "zod";
import type { AtMostOne } from "./checking/combination";
import { field, judged, text } from "./checking/fields";
import { type Fault, oneOf, type Path, type Problems } from "./checking/problem";
import { hasBroken, items } from "./checking/view";
import { regexFault } from "./formats/regex";

/** The methods that Consul knows. */
export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"] as const;

/** One HTTP method, upper case. */
export const httpMethod = field(z.enum(HTTP_METHODS), `write one of ${HTTP_METHODS.join(", ")}, in upper case`);

/** The name of an HTTP header. */
export const httpHeaderName = text("write the header's name, for example `x-tenant`", headerNameFault);

function headerNameFault(name: string): Fault | undefined {
  if (/^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return undefined;
  return {
    reason: name === "" ? "the header's name is empty" : "this is not a name that an HTTP header can have",
    remedy: "use letters, digits and `-`, for example `x-tenant`",
  };
}

/** A regular expression in RE2's syntax. */
export const regex = field(judged(z.string(), regexFault), "write a regular expression, for example `/v[12]/.*`");

/** A path, as it is or as a pattern. */
export type PathMatch = AtMostOne<{
  /** Begins with `/`, like `pathPrefix`. */
  pathExact: string;
  pathPrefix: string;
  /** A regular expression in RE2's syntax. */
  pathRegex: string;
}>;

const PATHS = ["pathExact", "pathPrefix", "pathRegex"] as const;

/** At most one of the three path fields. */
export function checkPathFields(match: object, path: Path, problems: Problems): void {
  const given = PATHS.filter((field) => Object.hasOwn(match, field));
  if (given.length < 2) return;
  problems.add(path, match, { reason: `${given.join(" and ")} exclude one another`, remedy: "keep one of them" });
}

/** No method twice. */
export function checkMethods(
  methods: readonly (string | undefined)[] | undefined,
  path: Path,
  problems: Problems,
): void {
  const seen = new Set<string>();
  for (const { index, value } of items(methods)) {
    if (seen.has(value))
      problems.add([...path, index], value, { reason: `${value} stands in the list already`, remedy: "remove it" });
    seen.add(value);
  }
}

/** Exactly one of `ways`. */
export function checkHeaderMatch(match: object, ways: readonly string[], path: Path, problems: Problems): void {
  const given = ways.filter((way) => Object.hasOwn(match, way));
  if (given.length === 1 || (given.length === 0 && hasBroken(match))) return;
  const reason = given.length ? `${given.join(" and ")} exclude one another` : "it is not said how to match";
  problems.add(path, match, { reason, remedy: `keep exactly one of ${oneOf(ways)}` });
}
