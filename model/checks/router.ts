/** What Consul demands of one service-router or service-splitter. */

import type {
  RouteDeclaration,
  ServiceRouterDeclaration,
  ServiceSplitterDeclaration,
} from "../config-entry-declaration";
import type { Path, Problems } from "../problem";
import { isBroken, items, type Sound } from "../view";
import { checkHeaderMatch, checkMethods, checkPathFields } from "./http-match";

export function checkRouter(router: Sound<ServiceRouterDeclaration>, path: Path, problems: Problems): void {
  for (const { index, value: route } of items(router.routes)) {
    const at = [...path, "routes", index];
    if (route.match?.http) checkMatch(route.match.http, [...at, "match", "http"], problems);
    checkRewrite(route, at, problems);
  }
}

type Match = NonNullable<NonNullable<Sound<RouteDeclaration>["match"]>["http"]>;

function checkMatch(match: Match, path: Path, problems: Problems): void {
  checkPathFields(match, path, problems);
  checkMethods(match.methods, [...path, "methods"], problems);
  for (const { index, value } of items(match.header)) {
    checkHeaderMatch(value, ["present", "exact", "prefix", "suffix", "regex"], [...path, "header", index], problems);
  }
  for (const { index, value } of items(match.queryParam)) {
    checkHeaderMatch(value, ["present", "exact", "regex"], [...path, "queryParam", index], problems);
  }
}

function checkRewrite({ match, destination }: Sound<RouteDeclaration>, path: Path, problems: Problems): void {
  if (destination?.prefixRewrite === undefined) return;
  const http = match?.http ?? {};
  if (Object.hasOwn(http, "pathExact") || Object.hasOwn(http, "pathPrefix")) return;
  problems.add([...path, "destination", "prefixRewrite"], destination.prefixRewrite, {
    reason: "there is no matched path that it could take the place of",
    remedy: "match with `pathPrefix` or `pathExact`, or remove it",
  });
}

export function checkSplitter(
  { splits, name }: Sound<ServiceSplitterDeclaration>,
  path: Path,
  problems: Problems,
): void {
  if (splits === undefined) return;
  const at = [...path, "splits"];
  const parts = items(splits);
  const readable =
    parts.length === splits.length &&
    parts.every(({ value }) => !isBroken(value, "weight") && value.weight !== undefined);
  const hundredths = parts.reduce((sum, { value }) => sum + Math.round((value.weight ?? 0) * 100), 0);
  if (readable && hundredths !== 10_000) {
    problems.add(
      at,
      parts.map(({ value }) => value.weight),
      {
        reason: `the weights add up to ${hundredths / 100}, and the shares of a whole are 100`,
        remedy: "change them so that they add up to 100",
      },
    );
  }
  const seen = new Map<string, number>();
  for (const { index, value } of parts) {
    const key = JSON.stringify([value.service ?? name, value.serviceSubset, value.namespace, value.partition]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else {
      problems.add([...at, index], value, {
        reason: `splits[${first}] leads to the same place already`,
        remedy: "add its weight to that one",
      });
    }
  }
}
