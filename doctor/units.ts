/** Units of a node against the declaration. */

import { operand, type Place } from "../findings";
import { layout } from "../model";
import type { NodeReport, UnitReport } from "../nodes";
import { drift, goesOn, Layer, type Symptom } from "./causes";
import type { Expected, ExpectedUnit } from "./expected";

/** A unit that ran for fewer seconds since its last of several restarts keeps crashing. */
const STEADY = 30;

/** `broken`: unit files that have a finding already. */
export function compareUnits(expected: Expected, report: NodeReport, names: string[], broken: Set<string>): Symptom[] {
  const found = new Map(report.units.map((unit) => [unit.Id, unit]));
  const declared = new Set(expected.units.map(({ unit }) => unit));
  return [
    ...expected.units.flatMap((unit) => compareUnit(expected.node.name, unit, found.get(unit.unit), report, broken)),
    ...openServices(expected, report),
    ...foreignUnits(expected, report, names, declared),
  ];
}

function compareUnit(
  node: string,
  { unit, binary, ofOthers, fix, concerns }: ExpectedUnit,
  found: UnitReport | undefined,
  report: NodeReport,
  broken: Set<string>,
): Symptom[] {
  if (broken.has(layout.unitFile(unit))) return [];
  const where = { on: node, what: unit };
  if (ofOthers) return notActive(where, ofOthers.service, found, concerns);
  const finding = (expected: string, is: string) => [
    drift(Layer.Declared, where, { expected, found: is, fix, concerns }),
  ];
  if (!found) return finding("active and enabled", "unknown");
  const dropIns = ownDropIns(found);
  if (dropIns.length > 0) return finding("no drop-in", dropIns.join(" "));
  if (found.NeedDaemonReload) return finding("the unit as on the disk", "an older one loaded");
  const [active, enabled] = [found.ActiveState, found.UnitFileState || "not installed"];
  if (active !== "active" || enabled !== "enabled") return finding("active and enabled", `${active} and ${enabled}`);
  if (found.NRestarts > 3 && secondsUp(found, report) < STEADY) {
    return finding("a steady process", `restarted ${found.NRestarts} times, the last ${secondsUp(found, report)}s ago`);
  }
  const process = report.processes.find((one) => one.unit === unit);
  if (binary && process && process.sha256 !== binary.sha256 && !broken.has(binary.path)) {
    return finding(
      `a process of ${binary.sha256.slice(0, 12)}`,
      `one of another binary (${process.sha256.slice(0, 12)})`,
    );
  }
  return found.NRestarts > 0 ? [restartNote(where, found, report)] : [];
}

/** A unit that others own has to run. How, and whether it starts with the node, is its owner's business. */
function notActive(where: Place, service: string, found: UnitReport | undefined, concerns: string[]): Symptom[] {
  if (found?.ActiveState === "active") return [];
  const gone = !found || found.LoadState === "not-found";
  return [
    drift(Layer.Declared, where, {
      expected: `active: it serves as ${service}`,
      found: gone ? "there is no such unit" : found.ActiveState,
      remedy: gone
        ? `install it again, or change services.${service}.run.unit`
        : `it is not Gatehouse's, so start it there: systemctl start ${operand(where.what)}`,
      concerns,
    }),
  ];
}

/** The mesh must be the only way in, but for units that others own: who else they serve is their owner's business. */
function openServices({ node, unitsOfOthers }: Expected, { open }: NodeReport): Symptom[] {
  return open.map(({ unit, at }) => {
    if (unitsOfOthers.includes(unit)) return openToOthers({ on: node.name, what: unit }, at);
    return drift(
      Layer.Declared,
      { on: node.name, what: unit },
      {
        expected: "listens on 127.0.0.1 alone",
        found: `listens on ${at}`,
        remedy: "by run.args or run.env have the program listen on 127.0.0.1, then npm run deploy",
      },
    );
  });
}

function openToOthers(where: Place, at: string): Symptom {
  return {
    severity: "note",
    where,
    expected: "listens on 127.0.0.1 alone",
    found: `listens on ${at}`,
    remedy:
      "nothing, if its owner wants that: calls to that address pass by the mesh, its certificates and its intentions",
    layer: Layer.Declared,
    concerns: [],
  };
}

function secondsUp({ ActiveEnterTimestampMonotonic }: UnitReport, { uptime }: NodeReport): number {
  return Math.max(0, Math.round(uptime - ActiveEnterTimestampMonotonic / 1e6));
}

function restartNote(where: Place, unit: UnitReport, report: NodeReport): Symptom {
  return {
    severity: "note",
    where,
    expected: "no restart since the deploy",
    found: `${unit.NRestarts}, the last ${secondsUp(unit, report)}s ago`,
    remedy: "journalctl on the node says why",
    layer: Layer.Declared,
    concerns: [],
  };
}

/** Drop-ins for this unit alone; those for every service of the node are the node's business. */
function ownDropIns({ Id, DropInPaths }: UnitReport): string[] {
  return DropInPaths.filter((path) => path.split("/").at(-2) === `${Id}.d`);
}

/** A unit under the name of a workload that the mesh runs elsewhere. */
function foreignUnits(
  { node, goOn, unitsOfOthers }: Expected,
  report: NodeReport,
  names: string[],
  declared: Set<string>,
): Symptom[] {
  const ours = new Set(names.flatMap((name) => layout.unitsOf("service", name)));
  for (const unit of unitsOfOthers) ours.delete(unit); // one runs here too, and the mesh does not count on it
  const written = new Set(report.written); // already among the findings about files
  return report.units
    .filter(({ Id, LoadState, FragmentPath }) => {
      return ours.has(Id) && !declared.has(Id) && LoadState !== "not-found" && !written.has(FragmentPath);
    })
    .map(({ Id, ActiveState, FragmentPath }) => {
      const where = { on: node.name, what: Id };
      const found = [FragmentPath, ActiveState].filter(Boolean).join(", ");
      const gateway = goOn.find((name) => layout.unitsOf("ingress-gateway", name).includes(Id));
      if (gateway) return goesOn(where, gateway, found);
      return drift(Layer.Declared, where, {
        expected: "no unit of this name here",
        found,
        // No deploy removes a unit that Gatehouse did not write.
        remedy: `on ${node.name}: systemctl disable --now ${operand(Id)}, and remove it`,
      });
    });
}
