/** Where a service runs, and what tells its instances apart in Consul. */
import { z } from "zod";
import { count, field, judged, text } from "./checking/fields";
import type { Fault, Path, Problems } from "./checking/problem";
import { items, type Sound, type View } from "./checking/view";
import { filledTextFault, textFault } from "./formats/text";

/** Labels by which callers and routes choose instances. */
export interface LabelsDeclaration {
  /**
   * Consul: service definition `meta`. Up to 62 keys of A-Z, a-z, 0-9, `_` and `-`; those that begin with `consul-` or `gatehouse-`
   * are taken. A resolver's subset names one as `Service.Meta.version`. @default {}
   */
  meta?: Record<string, string>;
  /** Consul: service definition `tags`. A resolver's subset asks `canary in Service.Tags`. @default [] */
  tags?: string[];
}

/** The instances on a node, with labels besides those of their service. */
export interface PlacementDeclaration extends LabelsDeclaration {
  node: string;
  /**
   * So many instances on this node, 1 to 32, rolled one after another. All their ports count up: `port` 9001 is 9001, 9002, … (and
   * so are `health.port` and the `localPort` of each upstream), and the program learns its own by `%port`, `%health.port` and
   * `%upstream.NAME.port` in `args`, `env` or `command`. The second one is called `NAME_2` on the node; in Consul all are one
   * service. @default 1
   */
  instances?: number;
}

/** Labels of an instance. */
export interface Labels {
  meta: Record<string, string>;
  tags: string[];
}

/** Labels in the checked mesh; what is not declared is not there. */
export interface Labelled extends Partial<Labels> {
  /** Further labels by node. */
  labelsOn?: Record<string, Partial<Labels>>;
}

const META = 'write an object of texts, for example `{ version: "2" }`';

const metaFault = (value: string): Fault | undefined =>
  value.length > 512 ? { reason: "Consul takes at most 512 characters", remedy: "shorten it" } : textFault(value);

export const labelsSchema = {
  meta: field(z.record(z.string(), text("write a text", metaFault)), META).optional(),
  tags: field(
    z.array(text("write a text", filledTextFault)),
    'write a list of texts, for example `["canary"]`',
  ).optional(),
};

const MOST_INSTANCES = 32;

const placementSchema = z.strictObject({
  node: text("write a node's name", () => undefined),
  instances: count(1, MOST_INSTANCES).optional(),
  ...labelsSchema,
});

export const placementsSchema = field(
  z.array(
    field(
      judged(z.union([z.string(), placementSchema]), () => undefined),
      'write a node\'s name, or `{ node: "worker1", instances: 2, meta: { version: "2" }, tags: ["canary"] }`',
    ),
  ),
  'list the worker nodes to run on, for example `runsOn: ["worker1"]`',
);

type Placement = string | Sound<PlacementDeclaration>;

/** The node of a placement. */
export const nodeOf = (placement: string | PlacementDeclaration): string =>
  typeof placement === "string" ? placement : placement.node;

/** The nodes that can be read, each with its place in the list and its path there. */
export function placedOn(
  runsOn: readonly (Placement | undefined)[] | undefined,
): { index: number; node: string; at: Path; instances: number }[] {
  return items(runsOn).flatMap(({ index, value }) => {
    if (typeof value === "string") return [{ index, node: value, at: [index], instances: 1 }];
    const { node, instances = 1 } = value;
    return node === undefined ? [] : [{ index, node, at: [index, "node"], instances }];
  });
}

/** Keys that Consul takes, and that are free. */
export function checkLabels(view: View, problems: Problems): void {
  for (const [name, { meta, runsOn }] of view.services.entries) {
    const path = ["services", name];
    checkMeta(meta, [...path, "meta"], problems);
    for (const { index, value } of items(runsOn)) {
      if (typeof value !== "string") checkMeta(value.meta, [...path, "runsOn", index, "meta"], problems);
    }
  }
}

/** Consul takes 64 pairs, and two are Gatehouse's. */
const MOST_META = 62;

function checkMeta(meta: Sound<Record<string, string>> | undefined, path: Path, problems: Problems): void {
  const keys = Object.keys(meta ?? {});
  if (keys.length > MOST_META) {
    const remedy = `keep at most ${MOST_META}`;
    problems.add(path, `${keys.length} keys`, { reason: "Consul takes 64 of them, and some are Gatehouse's", remedy });
  }
  for (const key of keys) {
    const remedy = "use up to 128 of A-Z, a-z, 0-9, `_` and `-`, for example `version`";
    if (!/^[A-Za-z0-9_-]{1,128}$/.test(key)) {
      problems.add([...path, key], key, { reason: "Consul does not take this as a key of `meta`", remedy });
    } else if (/^(consul|gatehouse)-/.test(key)) {
      const whose = key.startsWith("consul") ? "Consul" : "Gatehouse";
      problems.add([...path, key], key, { reason: `keys that begin so are ${whose}'s own`, remedy });
    }
  }
}

/** The labels that a service and its placements declare. */
export function resolveLabels({ meta, tags }: LabelsDeclaration, runsOn: (string | PlacementDeclaration)[]): Labelled {
  const labelled = runsOn.flatMap((one) => (typeof one === "string" || !(one.meta || one.tags) ? [] : [one]));
  const only = (labels: LabelsDeclaration) => ({
    ...(labels.meta && { meta: { ...labels.meta } }),
    ...(labels.tags && { tags: [...labels.tags] }),
  });
  const labelsOn = Object.fromEntries(labelled.map((one) => [one.node, only(one)]));
  return { ...only({ meta, tags }), ...(labelled.length > 0 && { labelsOn }) };
}

/** The labels of the instance on a node. The node's own come last, and win. */
export function labelsOf({ meta, tags = [], labelsOn = {} }: Labelled, node: string): Labels {
  const own = labelsOn[node];
  return { meta: { ...meta, ...own?.meta }, tags: [...new Set([...tags, ...(own?.tags ?? [])])] };
}
