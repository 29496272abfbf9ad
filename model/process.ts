/** A service that another unit, or another service's process, runs: it has a registration and a sidecar, and no unit of its own. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import type { Fault, Path, Problems } from "./checking/problem";
import type { Sound, View } from "./checking/view";
import { sectionsSchema } from "./directives";
import * as layout from "./layout";
import { placedOn } from "./placement";
import type { RunDeclaration } from "./run";
import type { ServiceDeclaration } from "./service";

/** A program that runs on the node already. */
export interface UnitOfOthersDeclaration {
  /**
   * A unit of the node that others own, by its full name: `nginx.service`, `postgresql@15-main.service`. The service is
   * registered, gets a sidecar, and is checked and drained like any other; the unit is never written, started, stopped, restarted,
   * enabled or disabled, and it stays when the service is removed. Its process has to listen on the service's `port`. That port
   * is not fenced: the unit may serve people outside of the mesh. An object has directives of the service's own unit instead.
   */
  unit: string;
}

/** A second port of a process. */
export interface SameProcessDeclaration {
  /**
   * A service of this mesh, by name, whose process listens on this service's `port` too. It has to run on each of this one's nodes, and
   * is deployed before it. This one has its own registration, sidecar, health check and upstreams, and no unit: when the process
   * restarts, both are drained.
   */
  sameProcessAs: string;
}

/** The same in the checked mesh; neither is there for a service with a unit of its own. */
export interface OtherProcess {
  /** The unit that others own. */
  unitOfOthers?: string;
  /** The service whose process it is. */
  sameProcessAs?: string;
}

const NAME = "write its full name, for example `nginx.service`: `systemctl list-units --type=service` shows them";

function unitFault(unit: string): Fault | undefined {
  if (!/^[A-Za-z0-9:_.@\\-]{1,247}\.service$/.test(unit))
    return { reason: "this is not the name of a service's unit", remedy: NAME };
  if (unit.endsWith("@.service"))
    return {
      reason: "this is a template, which has no process",
      remedy: "name an instance of it, for example `postgresql@15-main.service`",
    };
  if (unit !== layout.consulUnit && !unit.startsWith("gatehouse-")) return undefined;
  return { reason: "this unit is the node's own part of the mesh", remedy: "name the unit of a program that serves" };
}

const UNIT = 'write a unit that others own, `nginx.service`, or directives by section: `{ Service: { Nice: "5" } }`';

/** Fields of `run`. */
export const processSchema = {
  unit: field(z.union([text(NAME, unitFault), sectionsSchema]), UNIT).optional(),
  sameProcessAs: text("name a service of this mesh").optional(),
};

/** Whether the process is another's, so that nothing is said about a unit of the service's own. */
export const isOthers = (run: Sound<RunDeclaration>): boolean =>
  typeof run.unit === "string" || Object.hasOwn(run, "sameProcessAs");

/** Fields that say what runs. */
const PROGRAMS = ["binary", "files", "artifact", "command"];

/** Nothing is declared about a process that is not the service's, and what it names is there. */
export function checkOtherProcess(
  name: string,
  service: Sound<ServiceDeclaration>,
  view: View,
  problems: Problems,
): void {
  const run = service.run!;
  const path = ["services", name, "run"];
  const key = Object.hasOwn(run, "sameProcessAs") ? "sameProcessAs" : "unit";
  for (const other of Object.keys(run).filter((one) => one !== key)) {
    problems.add([...path, other], run[other as "args"] ?? other, excess(key, other, run));
  }
  for (const limit of ["memoryMax", "cpuQuota"] as const) {
    if (service[limit] !== undefined) problems.add(["services", name, limit], service[limit], excess(key, limit, run));
  }
  if (!Object.hasOwn(service, "port")) {
    problems.add(["services", name, "port"], undefined, {
      reason: "the process is there to be called, and it is not said where it listens",
      remedy: "write the port at which it listens on 127.0.0.1",
    });
  }
  if (key === "unit") checkUnitName(run.unit as string, [...path, "unit"], view, problems);
  else if (run.sameProcessAs !== undefined) checkSameProcess(name, service, run.sameProcessAs, view, problems);
}

function excess(key: "unit" | "sameProcessAs", other: string, { unit, sameProcessAs }: Sound<RunDeclaration>): Fault {
  if (PROGRAMS.includes(other) || (other === "unit" && typeof unit === "string")) {
    return {
      reason: `\`${key}\` names a process that runs already, and a service runs one program`,
      remedy: `keep one of \`${key}\` and \`${other}\``,
    };
  }
  return key === "unit"
    ? {
        reason: `\`${unit}\` is a unit that others own: a deploy changes nothing of it, so this would do nothing`,
        remedy: "remove it, and set it in that unit, as far as its owner wants it",
      }
    : {
        reason: `the process is that of \`${sameProcessAs}\`: only that one's \`run\` says how it runs`,
        remedy: `remove it, or write it under \`services.${sameProcessAs}.run\``,
      };
}

/** A unit that this mesh writes is no unit of others. */
function checkUnitName(unit: string, path: Path, { services, gateways }: View, problems: Problems): void {
  const owner = layout.workloadOf(unit);
  const run = services.get(owner)?.run;
  const isSidecar = layout.sidecarUnitOf(owner) === unit;
  const own = gateways.has(owner)
    ? !isSidecar
    : services.has(owner) && (isSidecar || (run !== undefined && !isOthers(run)));
  if (!own) return;
  problems.add(path, unit, {
    reason: `this mesh writes that unit itself, for \`${owner}\``,
    remedy:
      gateways.has(owner) || isSidecar
        ? "name the unit of a program that serves"
        : `for another port of its process write \`sameProcessAs: "${owner}"\` instead of \`unit\``,
  });
}

function checkSameProcess(
  name: string,
  { runsOn }: Sound<ServiceDeclaration>,
  named: string,
  view: View,
  problems: Problems,
): void {
  const path = ["services", name];
  const fault = namedFault(name, named, view);
  if (fault) {
    problems.add([...path, "run", "sameProcessAs"], named, fault);
    return;
  }
  const nodes = placedOn(view.services.get(named)?.runsOn).map(({ node }) => node);
  for (const { node, at } of placedOn(runsOn)) {
    if (nodes.length === 0 || nodes.includes(node) || !view.nodes.has(node)) continue;
    problems.add([...path, "runsOn", ...at], node, {
      reason: `\`${named}\` does not run on \`${node}\`, so its process is not there`,
      remedy: `remove it, or add \`${node}\` to services.${named}.runsOn`,
    });
  }
}

function namedFault(name: string, named: string, { services }: View): Fault | undefined {
  if (named === name)
    return { reason: "a service is no second port of itself", remedy: "name another service, or write what to run" };
  const unknown = services.unknown(named, "service");
  if (unknown) return unknown;
  const run = services.get(named)?.run;
  if (!run || !isOthers(run)) return undefined;
  return {
    reason: `\`${named}\` has no process of its own either`,
    remedy:
      typeof run.unit === "string"
        ? `write \`unit: "${run.unit}"\` here as well`
        : `name \`${run.sameProcessAs}\` here as well`,
  };
}

export function resolveOtherProcess({ unit, sameProcessAs }: RunDeclaration): OtherProcess {
  return {
    ...(typeof unit === "string" && { unitOfOthers: unit }),
    ...(sameProcessAs !== undefined && { sameProcessAs }),
  };
}

/** Whether a deploy writes, starts and stops the unit of a service's process. */
export const hasOwnUnit = ({ unitOfOthers, sameProcessAs }: OtherProcess): boolean =>
  unitOfOthers === undefined && sameProcessAs === undefined;

/** The unit whose process listens on the port of an instance of this name. */
export const processUnitOf = (name: string, { unitOfOthers, sameProcessAs }: OtherProcess): string =>
  unitOfOthers ?? layout.unitOf(sameProcessAs ?? name);

/** The units of an instance of this name that a deploy writes, starts and stops. */
export const ownUnitsOf = (name: string, workload: { kind: "service" | "ingress-gateway" } & OtherProcess): string[] =>
  hasOwnUnit(workload) ? layout.unitsOf(workload.kind, name) : [layout.sidecarUnitOf(name)];
