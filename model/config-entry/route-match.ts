/** The requests that a route of a service-router is for. */
import { z } from "zod";
import { field, flag, text } from "../checking/fields";
import type { Path, Problems } from "../checking/problem";
import { items, type Sound } from "../checking/view";
import { filledTextFault } from "../formats/text";
import { checkHeaderMatch, checkMethods, checkPathFields, httpHeaderName, httpMethod, regex } from "../http-match";
import { list, object, path, word } from "./fields";
import type { RouteDeclaration } from "./router";

export interface RouteMatchDeclaration {
  /** At most one of the three path fields. Paths start with `/`. */
  pathExact?: string;
  pathPrefix?: string;
  pathRegex?: string;
  caseInsensitive?: boolean;
  /** Each with exactly one of `present`, `exact`, `prefix`, `suffix` and `regex`. */
  header?: {
    name: string;
    present?: true;
    exact?: string;
    prefix?: string;
    suffix?: string;
    regex?: string;
    invert?: boolean;
  }[];
  /** Each with exactly one of `present`, `exact` and `regex`. */
  queryParam?: { name: string; present?: true; exact?: string; regex?: string }[];
  methods?: string[];
}

const present = field(z.literal(true), "write `present: true`, or leave it out").optional();

export const routeMatch = object({
  http: object({
    pathExact: path,
    pathPrefix: path,
    pathRegex: regex.optional(),
    caseInsensitive: flag().optional(),
    header: list(
      object({
        name: httpHeaderName,
        present,
        exact: word,
        prefix: word,
        suffix: word,
        regex: regex.optional(),
        invert: flag().optional(),
      }),
      "header matches",
    ).optional(),
    queryParam: list(
      object({
        name: text("write the parameter's name", filledTextFault),
        present,
        exact: word,
        regex: regex.optional(),
      }),
      "query parameter matches",
    ).optional(),
    methods: list(httpMethod, "HTTP methods").optional(),
  }).optional(),
});

type Match = NonNullable<NonNullable<Sound<RouteDeclaration>["match"]>["http"]>;

export function checkMatch(match: Match, path: Path, problems: Problems): void {
  checkPathFields(match, path, problems);
  checkMethods(match.methods, [...path, "methods"], problems);
  for (const { index, value } of items(match.header)) {
    checkHeaderMatch(value, ["present", "exact", "prefix", "suffix", "regex"], [...path, "header", index], problems);
  }
  for (const { index, value } of items(match.queryParam)) {
    checkHeaderMatch(value, ["present", "exact", "regex"], [...path, "queryParam", index], problems);
  }
}
