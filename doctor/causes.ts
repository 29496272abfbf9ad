/** Findings of the doctor, and which of them only follow from others. Pure. */
import type { Finding, Fix, Judgement, Place } from "../findings";

/** How far a finding is from a cause: files decide what runs, and what runs decides which requests pass. */
export enum Layer {
  /** Files, units, config entries. */
  Declared = 0,
  /** The agents' registrations and the catalogue. */
  Registered = 1,
  /** Health checks, Envoy. */
  Runs = 2,
  /** Requests. */
  Passes = 3,
}

/** A finding with its place among causes and consequences. */
export interface Symptom extends Finding {
  expected: string;
  layer: Layer;
  /** Names from `about`. A finding of a lower layer with one of the same names is the cause. */
  concerns: string[];
}

/** Names for `concerns`. */
export const about = {
  instance: (workload: string, node: string) => `${workload}@${node}`,
  entry: (name: string) => `entry ${name}`,
  /** Entries that shape all traffic. */
  anyEntry: "entry *",
};

interface Difference extends Omit<Judgement, "remedy"> {
  expected: string;
  /** @default by `fix` */
  remedy?: string;
  /** @default none */
  concerns?: string[];
}

/** Something that is not as declared. */
export function drift(layer: Layer, where: Place, { concerns = [], ...difference }: Difference): Symptom {
  return { severity: "problem", where, remedy: remedyOf(difference.fix), ...difference, layer, concerns };
}

/** A gateway made by hand that is left to serve. */
export function goesOn(where: Place, gateway: string, found: string): Symptom {
  return {
    severity: "note",
    where,
    expected: "serves until it is let go",
    found,
    remedy: `takeOver: { letGo: ["${gateway}"] } has the next deploy take it away`,
    layer: Layer.Declared,
    concerns: [],
  };
}

function remedyOf(fixes: Fix[] = []): string {
  const replaced = fixes.flatMap(({ replace }) => replace ?? []);
  if (replaced.length > 0) return `npm run doctor -- --fix replaces ${replaced.join(" and ")}`;
  return fixes.length > 0 ? "npm run deploy writes it again, and so does npm run doctor -- --fix" : "look there";
}

/** Marks every finding whose cause is another one. A note is neither a cause nor a consequence. */
export function markConsequences(symptoms: Symptom[]): Symptom[] {
  const lowest = new Map<string, Layer>();
  for (const { severity, layer, concerns } of symptoms) {
    if (severity === "note") continue;
    for (const concern of concerns) lowest.set(concern, Math.min(layer, lowest.get(concern) ?? layer));
  }
  const follows = ({ severity, layer, concerns }: Symptom) =>
    severity !== "note" && concerns.some((concern) => (lowest.get(concern) ?? layer) < layer);
  return symptoms.map((symptom) => (follows(symptom) ? { ...symptom, follows: true } : symptom));
}
