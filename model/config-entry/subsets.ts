/** Subsets of resolvers against the instances that the declaration has. */
import type { Problems } from "../checking/problem";
import type { View } from "../checking/view";
import { labelsOf, type PlacementDeclaration, placedOn, resolveLabels } from "../placement";
import type { ServiceDeclaration } from "../service";
import { type KnownInstance, matches } from "./filter";

/** Consul takes a filter that matches nothing, and every call to the subset gets 503. */
export function checkSubsets({ services, configEntries }: View, problems: Problems): void {
  for (const { index, value: entry } of configEntries) {
    if (entry.kind !== "service-resolver" || entry.name === undefined) continue;
    const service = services.get(entry.name) as ServiceDeclaration | undefined;
    const instances = service && instancesOf(service);
    if (!instances || instances.length === 0) continue;
    const { subsets } = entry as { subsets?: Record<string, { filter?: string } | undefined> };
    for (const [subset, { filter = "" } = {}] of Object.entries(subsets ?? {})) {
      if (filter === "" || !instances.every((one) => matches(filter, one) === false)) continue;
      problems.add(["configEntries", index, "subsets", subset, "filter"], filter, {
        reason: `no instance of \`${entry.name}\` that is declared can match it, so calls to the subset would get 503`,
        remedy: `give instances what it asks for, for example \`runsOn: [{ node: "${instances[0]!.node}", meta: { version: "2" } }]\` for \`Service.Meta.version == "2"\``,
      });
    }
  }
}

/** Undefined when a part of the service is broken: then nothing can be said of its instances. */
function instancesOf({ meta, tags, runsOn }: ServiceDeclaration): KnownInstance[] | undefined {
  const placements = placedOn(runsOn);
  if (!Array.isArray(runsOn) || placements.length !== runsOn.length) return undefined;
  const labels = resolveLabels({ meta, tags }, runsOn as (string | PlacementDeclaration)[]);
  return placements.map(({ node }) => ({ node, ...labelsOf(labels, node) }));
}
