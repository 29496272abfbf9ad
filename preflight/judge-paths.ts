/** Permissions that name a path, where others decide how sidecars read paths. Pure. */

import { type Finding, HERE } from "../findings";
import type { Mesh } from "../model";
import type { LiveEntry } from "../nodes";

/** Without these `//admin` passes a rule that denies `/admin`. */
export function judgePaths(mesh: Mesh, present: LiveEntry[]): Finding[] {
  if (mesh.consul.owns.includes("mesh") || !namesPaths(mesh)) return [];
  const entry = present.find(({ Kind }) => Kind === "mesh");
  const { MergeSlashes, PathWithEscapedSlashesAction, InsecureDisablePathNormalization } = normalizationOf(entry);
  const refuses = ["REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"];
  const fits =
    MergeSlashes === true &&
    InsecureDisablePathNormalization !== true &&
    refuses.includes(String(PathWithEscapedSlashesAction));
  if (fits) return [];
  return [
    {
      severity: "problem",
      where: { on: HERE, what: "mesh/mesh" },
      found: entry
        ? "Consul's entry does not merge slashes, or lets encoded ones through"
        : "Consul has no entry of kind mesh",
      why: "an intention of this mesh has a permission for a path, and a rule for /admin would not hold for //admin or for /%2Fadmin",
      remedy:
        'write `owns: ["mesh"]` under consul, which changes how every sidecar of this Consul reads paths; or set http.incoming.requestNormalization in that entry: mergeSlashes and pathWithEscapedSlashesAction "REJECT_REQUEST"',
    },
  ];
}

interface Normalization {
  MergeSlashes?: boolean;
  PathWithEscapedSlashesAction?: string;
  InsecureDisablePathNormalization?: boolean;
}

function normalizationOf(entry: LiveEntry | undefined): Normalization {
  const http = entry?.HTTP as { Incoming?: { RequestNormalization?: Normalization | null } | null } | null | undefined;
  return http?.Incoming?.RequestNormalization ?? {};
}

function namesPaths({ configEntries }: Mesh): boolean {
  const sources = configEntries
    .filter(({ kind }) => kind === "service-intentions")
    .flatMap(({ config }) => config.Sources as { Permissions?: { HTTP?: Record<string, unknown> }[] }[]);
  return sources
    .flatMap(({ Permissions }) => Permissions ?? [])
    .some(({ HTTP }) => HTTP?.PathExact ?? HTTP?.PathPrefix ?? HTTP?.PathRegex);
}
