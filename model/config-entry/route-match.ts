/** The requests that a route of a service-router is for. */
import { z } from "zod";
import { combination, type ExactlyOne } from "../checking/combination";
import { field, flag, text } from "../checking/fields";
import type { Path, Problems } from "../checking/problem";
import { items, type Sound } from "../checking/view";
import { filledTextFault } from "../formats/text";
import {
  checkHeaderMatch,
  checkMethods,
  checkPathFields,
  httpHeaderName,
  httpMethod,
  type PathMatch,
  regex,
} from "../http-match";
import { list, object, path, word } from "./fields";
import type { RouteDeclaration } from "./router";

/** All criteria must match. */
export type RouteMatchDeclaration = PathMatch & {
  caseInsensitive?: boolean;
  header?: HeaderMatch[];
  queryParam?: QueryParamMatch[];
  methods?: string[];
};

type HeaderMatch = { name: string; invert?: boolean } & ExactlyOne<{
  present: true;
  exact: string;
  prefix: string;
  suffix: string;
  regex: string;
}>;

type QueryParamMatch = { name: string } & ExactlyOne<{ present: true; exact: string; regex: string }>;

const present = field(z.literal(true), "write `present: true`, or leave it out").optional();

const headerMatch = combination<HeaderMatch>(
  object({
    name: httpHeaderName,
    present,
    exact: word,
    prefix: word,
    suffix: word,
    regex: regex.optional(),
    invert: flag().optional(),
  }),
);

const queryParamMatch = combination<QueryParamMatch>(
  object({
    name: text("write the parameter's name", filledTextFault),
    present,
    exact: word,
    regex: regex.optional(),
  }),
);

export const routeMatch = object({
  http: combination<RouteMatchDeclaration>(
    object({
      pathExact: path,
      pathPrefix: path,
      pathRegex: regex.optional(),
      caseInsensitive: flag().optional(),
      header: list(headerMatch, "header matches").optional(),
      queryParam: list(queryParamMatch, "query parameter matches").optional(),
      methods: list(httpMethod, "HTTP methods").optional(),
    }),
  ).optional(),
});

type Match = NonNullable<NonNullable<Sound<RouteDeclaration>["match"]>["http"]>;

/** One path, and one way to match each header and parameter. */
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
