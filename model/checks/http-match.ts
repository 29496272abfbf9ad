/** Rules that Consul has for HTTP matches, in intentions as in service-routers. */
import { oneOf, type Path, type Problems } from "../problem";
import { hasBroken, items } from "../view";

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
