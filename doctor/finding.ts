/** What the doctor finds, and in which order of cause and effect. */

/** A Terraform stack to apply, and a resource in it to replace first. */
export interface Mend {
  stack: "cluster" | "mesh";
  /** Resource address. @default none: the apply alone sees and mends it */
  replace?: string;
}

export interface Finding {
  /**
   * `drift`: differs from the declaration. `blind`: could not be looked at. `note`: worth knowing, nothing to mend.
   */
  kind: "drift" | "blind" | "note";
  /** Machine or `consul`, and what there: `worker1: /etc/consul.d/backend.hcl`. */
  where: string;
  expected: string;
  found: string;
  /** What to do. */
  remedy: string;
  /** What `--mend` does. Empty when only a person can. */
  mends: Mend[];
  /** How far from a cause this is: what is on the disk breaks what runs, which breaks what passes through. */
  layer: Layer;
  /** What this tells about: see `about`. Findings of a lower layer about the same are its cause. */
  concerns: string[];
  /** Whether another finding already tells the cause. */
  follows?: boolean;
}

export enum Layer {
  /** Files, units, config entries. */
  Declared = 0,
  /** What the agents and the catalogue know. */
  Registered = 1,
  /** Health checks, Envoy. */
  Runs = 2,
  /** Requests. */
  Passes = 3,
}

/** Words for `concerns`. */
export const about = {
  instance: (workload: string, node: string) => `${workload}@${node}`,
  entry: (name: string) => `entry ${name}`,
  /** Entries that shape all traffic. */
  anyEntry: "entry *",
};

/** Marks every finding whose cause is another one. Notes cause nothing. */
export function markConsequences(findings: Finding[]): Finding[] {
  const lowest = new Map<string, Layer>();
  for (const { kind, layer, concerns } of findings) {
    if (kind === "note") continue;
    for (const concern of concerns) lowest.set(concern, Math.min(layer, lowest.get(concern) ?? layer));
  }
  return findings.map((finding) => ({
    ...finding,
    follows:
      finding.kind !== "note" &&
      finding.concerns.some((concern) => (lowest.get(concern) ?? finding.layer) < finding.layer),
  }));
}

/** One line. */
export function line({ where, expected, found, remedy }: Finding): string {
  return `${where}: expected ${expected}, found ${found}; ${remedy}`;
}

/** 0 clean, 1 drift, 2 when something could not be looked at. */
export function exitCode(findings: Finding[]): 0 | 1 | 2 {
  if (findings.some(({ kind }) => kind === "blind")) return 2;
  return findings.some(({ kind }) => kind === "drift") ? 1 : 0;
}

/** A finding of the usual kind. */
export function drift(
  layer: Layer,
  where: string,
  what: { expected: string; found: string; mends?: Mend[]; remedy?: string; concerns?: string[] },
): Finding {
  const { expected, found, mends = [], concerns = [] } = what;
  return { kind: "drift", where, expected, found, remedy: what.remedy ?? remedyOf(mends), mends, layer, concerns };
}

/** A gateway made by hand that is left to serve. */
export function goesOn(where: string, gateway: string, found: string): Finding {
  return {
    kind: "note",
    where,
    expected: "serves until it is let go",
    found,
    remedy: `takeOver: { letGo: ["${gateway}"] } has the next deploy take it away`,
    mends: [],
    layer: Layer.Declared,
    concerns: [],
  };
}

function remedyOf(mends: Mend[]): string {
  const replaced = mends.flatMap(({ replace }) => replace ?? []);
  if (replaced.length > 0) return `npm run doctor -- --mend replaces ${replaced.join(" and ")}`;
  return mends.length > 0 ? "npm run deploy writes it again, and so does npm run doctor -- --mend" : "look there";
}
