/** Units that others own and that are to serve in the mesh: no deploy starts one. Pure. */

import { type Finding, operand, problem, warning } from "../findings";
import { layout } from "../model";
import type { Facts, Listener } from "../nodes";
import type { Plan } from "./plan";

type Wanted = Plan["unitsOfOthers"][number];

export function judgeUnitsOfOthers({ node, unitsOfOthers }: Plan, facts: Facts): Finding[] {
  return unitsOfOthers.flatMap((wanted) => {
    const { unit, service } = wanted;
    const fault = unitFault(wanted, facts) ?? portFault(wanted, facts);
    if (!fault) return [];
    const why = `its process is to serve as ${service}, and a deploy neither starts nor changes it`;
    const remedy = `${fault.remedy}, or correct services.${service}.${fault.field}`;
    // Where the service was put before, an unchanged one keeps nothing else from being deployed.
    const said = fault.wrong || !facts.instances.includes(service) ? problem : warning;
    return [said(node.name, unit, { found: fault.found, why, remedy })];
  });
}

interface UnitFault {
  found: string;
  remedy: string;
  field: "port" | "run.unit";
  /** The declaration is wrong, whether the unit runs or not. */
  wrong?: true;
}

function unitFault({ unit }: Wanted, { units, written, owners }: Facts): UnitFault | undefined {
  const there = units.find(({ name }) => name === unit);
  const field = "run.unit" as const;
  if (!there || (there.file === "" && there.state !== "active"))
    return { found: "there is no unit of this name", remedy: "install it", field };
  if (written.includes(there.file)) {
    const owner = layout.workloadOf(unit);
    const mesh = owners[owner] ? ` for the mesh ${owners[owner]}` : "";
    const remedy = `name a unit that no deploy writes (for another port of ${owner}, a service of this mesh: sameProcessAs)`;
    return { found: `Gatehouse wrote it${mesh}`, remedy, field, wrong: true };
  }
  if (there.state === "active") return undefined;
  return { found: `it is ${there.state}`, remedy: `start it: systemctl start ${operand(unit)}`, field };
}

/** Its port answers, and is no other's: a check that another process answers would say nothing. */
function portFault({ unit, port }: Wanted, { listeners }: Facts): UnitFault | undefined {
  const field = "port" as const;
  const there = listeners.filter((listener) => listener.port === port && listener.address !== "other");
  if (there.length === 0)
    return {
      found: `nothing listens on 127.0.0.1:${port}`,
      remedy: "have it listen there, in its own configuration",
      field,
    };
  const other = there.find((listener) => listener.unit !== unit);
  if (!other) return undefined;
  const remedy = layout.isServiceUnit(other.unit)
    ? `name the unit that has the port: run: { unit: "${other.unit}" }`
    : "have it listen there alone, in its own configuration";
  return { found: `port ${port} is held by ${holder(other)}`, remedy, field };
}

function holder({ pid, unit, program }: Listener): string {
  return pid ? `${program} (process ${pid}${unit ? `, ${unit}` : ""})` : "something without a process";
}
