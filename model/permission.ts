/** A permission of an intention: which HTTP requests are allowed or denied. */
import { z } from "zod";
import { combination, type ExactlyOne, type None } from "./checking/combination";
import { field, flag, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, items, type Sound } from "./checking/view";
import { filledTextFault, urlPathFault } from "./formats/text";
import {
  checkHeaderMatch,
  checkMethods,
  checkPathFields,
  httpHeaderName,
  httpMethod,
  type PathMatch,
  regex,
} from "./http-match";
import type { IntentionDeclaration } from "./intention";

/** Consul: service-intentions `Sources[].Permissions[]`. */
export interface PermissionDeclaration {
  action: "allow" | "deny";
  http: HttpPermissionDeclaration;
}

/**
 * At least one criterion. In a mesh with a permission that names a path, doubled slashes count as one and requests with an
 * encoded slash are refused, unless a config entry of kind `mesh` says otherwise.
 */
export type HttpPermissionDeclaration = PathMatch & {
  /** Upper case. @default every method */
  methods?: string[];
  /** All must match. @default none */
  header?: HeaderPermissionDeclaration[];
};

/** One of `present`, `exact`, `prefix`, `suffix`, `contains` and `regex`. */
export type HeaderPermissionDeclaration = {
  name: string;
  /** @default false */
  invert?: boolean;
} & (
  | (ExactlyOne<HeaderTexts> &
      None<HeaderPatterns> & {
        /** @default false */
        ignoreCase?: boolean;
      })
  | (ExactlyOne<HeaderPatterns> & None<HeaderTexts> & { ignoreCase?: false })
);

interface HeaderTexts {
  exact: string;
  prefix: string;
  suffix: string;
  contains: string;
}

interface HeaderPatterns {
  present: true;
  /** A regular expression in RE2's syntax; one that begins with `(?i)` ignores case. */
  regex: string;
}

export const actionSchema = field(z.enum(["allow", "deny"]), "write `allow` or `deny`");

const headerPermissionSchema = combination<HeaderPermissionDeclaration>(
  z.strictObject({
    name: httpHeaderName,
    present: field(z.literal(true), "write `present: true`, or leave it out").optional(),
    exact: text("write a string", filledTextFault).optional(),
    prefix: text("write a string", filledTextFault).optional(),
    suffix: text("write a string", filledTextFault).optional(),
    contains: text("write a string", filledTextFault).optional(),
    regex: regex.optional(),
    ignoreCase: flag().optional(),
    invert: flag().optional(),
  }),
);

export const permissionSchema = z.strictObject({
  action: actionSchema,
  http: field(
    combination<HttpPermissionDeclaration>(
      z.strictObject({
        pathExact: text("write a path that begins with `/`", urlPathFault).optional(),
        pathPrefix: text("write a path that begins with `/`", urlPathFault).optional(),
        pathRegex: regex.optional(),
        methods: field(z.array(httpMethod), 'write a list of methods, for example `["GET"]`').optional(),
        header: field(z.array(headerPermissionSchema), "write a list of header matches").optional(),
      }),
    ),
    'write what must match, for example `http: { methods: ["GET"], pathPrefix: "/" }`',
  ),
});

/** A permission matches something, in a way that Consul takes. */
export function checkHttp(http: Sound<HttpPermissionDeclaration>, path: Path, problems: Problems): void {
  checkPathFields(http, path, problems);
  checkMethods(http.methods, [...path, "methods"], problems);
  for (const { index, value } of items(http.header)) checkHeader(value, [...path, "header", index], problems);
  const fields = ["pathExact", "pathPrefix", "pathRegex", "methods", "header"] as const;
  const criteria = fields.filter((field) => (http[field]?.length ?? 0) > 0);
  if (criteria.length > 0 || hasBroken(http)) return;
  problems.add(path, http, {
    reason: "nothing is said to match, and Consul refuses that",
    remedy: 'to match every request write `pathPrefix: "/"`',
  });
}

function checkHeader(header: Sound<HeaderPermissionDeclaration>, path: Path, problems: Problems): void {
  checkHeaderMatch(header, ["present", "exact", "prefix", "suffix", "contains", "regex"], path, problems);
  if (header.ignoreCase !== true || (header.present === undefined && header.regex === undefined)) return;
  problems.add([...path, "ignoreCase"], true, {
    reason: "`ignoreCase` goes with `exact`, `prefix`, `suffix` and `contains` only",
    remedy: "remove it; a regular expression ignores case when it begins with `(?i)`",
  });
}

/** Whether one of its permissions is about a path. */
export function namesPath({ permissions }: Sound<IntentionDeclaration>): boolean {
  return (permissions ?? []).some((one) => one?.http?.pathExact ?? one?.http?.pathPrefix ?? one?.http?.pathRegex);
}
