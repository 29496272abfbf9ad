/** Units and definitions that a person made under a declared name: refused until the declaration takes them over. Pure. */

import type { Finding } from "../findings";
import { layout } from "../model";
import type { Facts, Registration } from "../nodes";
import type { Plan } from "./plan";

export interface ByHand {
  /** `file` is empty where only a process of the unit was seen. */
  units: { name: string; file: string; about: string }[];
  definitions: string[];
  registrations: Registration[];
}

const PROXY = "connect-proxy";

/**
 * Everything with a mark of Gatehouse, or of an instance that Gatehouse has put there, is not by hand.
 * @param unitOfOthers stays its owner's, so that it is not taken over
 */
export function findByHand(facts: Facts, name: string, unitOfOthers?: string): ByHand {
  if (facts.instances.includes(name)) return { units: [], definitions: [], registrations: [] };
  const written = new Set(facts.written);
  const ownDefinition = layout.definitionFile(name);
  const own = [name, layout.sidecarOf(name)];
  const registrations = facts.registrations.filter(
    ({ id, service, kind, of, mesh }) =>
      mesh === "" && (kind === PROXY ? of : service) === name && !(own.includes(id) && written.has(ownDefinition)),
  );
  const ofInstances = new Set(facts.instances.map(layout.definitionFile));
  const definitions = facts.definitions
    .filter((one) => one.name === name && !written.has(one.file) && !ofInstances.has(one.file))
    .map(({ file }) => file);
  const settings = facts.settings.filter(({ file }) => definitions.includes(file));
  const ids = [...own, ...registrations.map(({ id }) => id), ...valuesOf(settings, "id")];
  const ports = [...registrations.map(({ port }) => port), ...valuesOf(settings, "port").map(Number)];
  const units = unitsOf(facts, own, ids, ports).filter((unit) => unit.name !== unitOfOthers);
  return { units, definitions, registrations };
}

const valuesOf = (settings: Facts["settings"], key: string) =>
  settings.filter((one) => one.key === key).map(({ value }) => value);

/** By their names, by the proxy that they run, and by the ports of what is registered. */
function unitsOf(facts: Facts, own: string[], ids: string[], ports: number[]): ByHand["units"] {
  const written = new Set(facts.written);
  const found = new Map<string, ByHand["units"][number]>();
  for (const { name, file, state } of facts.units) {
    if (file === "" || !own.includes(name.replace(/\.service$/, "")) || written.has(file)) continue;
    found.set(name, { name, file, about: state });
  }
  for (const { file, id } of facts.runs) {
    const name = file.replace(/^.*\//, "");
    if (ids.includes(id) && !found.has(name)) found.set(name, { name, file, about: `runs the Envoy of ${id}` });
  }
  for (const { port, unit, pid, program } of facts.listeners) {
    if (!ports.includes(port) || !layout.isServiceUnit(unit) || found.has(unit)) continue;
    if (unit === layout.consulUnit || written.has(layout.unitFile(unit))) continue;
    found.set(unit, { name: unit, file: "", about: `${program}, process ${pid}, listens on ${port}` });
  }
  return [...found.values()];
}

const isNothing = ({ units, definitions, registrations }: ByHand) =>
  units.length + definitions.length + registrations.length === 0;

const listOf = ({ units, definitions, registrations }: ByHand): string =>
  [
    ...units.map(({ name, file, about }) => `${file || name} (${about})`),
    ...definitions,
    ...registrations.map(({ id, port }) => `registration ${id}${port ? ` on port ${port}` : ""}`),
  ].join(", ");

export function judgeTakeOver(plan: Plan, facts: Facts): Finding[] {
  return [
    ...plan.workloads.flatMap((workload) => {
      const found = findByHand(facts, workload.name, workload.unitOfOthers);
      return isNothing(found) ? [] : [declaredHere(plan, workload, found)];
    }),
    ...plan.elsewhere.flatMap((gateway) => {
      const found = findByHand(facts, gateway.name);
      const isGateway =
        found.registrations.some(({ kind }) => kind === "ingress-gateway") || found.definitions.length > 0;
      return isGateway ? [gatewayElsewhere(plan, gateway, found)] : [];
    }),
  ];
}

function declaredHere(
  { node }: Plan,
  { name, kind, takeOver, canTakeOver }: Plan["workloads"][number],
  found: ByHand,
): Finding {
  const section = kind === "service" ? "services" : "gateways";
  const common = { where: { on: node.name, what: name }, found: `made by hand: ${listOf(found)}` };
  if (takeOver) {
    return {
      ...common,
      severity: "note",
      why: "it is set aside while the declared one starts, and put back and run again when that is not healthy",
      remedy: `nothing: copies stay under ${layout.folders.backups}`,
    };
  }
  return {
    ...common,
    severity: "problem",
    why: `the mesh declares ${name} on this node, and what others made is left alone`,
    remedy: canTakeOver
      ? `have it taken over: \`takeOver: { ${section}: [${JSON.stringify(name)}] }\`; or declare another name`
      : "a service without a port takes nothing over: stop what is there and remove it, or declare another name",
  };
}

function gatewayElsewhere({ node }: Plan, { name, runsOn, letGo }: Plan["elsewhere"][number], found: ByHand): Finding {
  return {
    severity: "note",
    where: { on: node.name, what: name },
    found: `made by hand: ${listOf(found)}`,
    why: letGo
      ? `the declaration lets it go: it is removed when the gateway on ${runsOn.join(", ")} serves`
      : `it goes on serving next to the gateway on ${runsOn.join(", ")}, with the same routes`,
    remedy: letGo
      ? `nothing: copies stay under ${layout.folders.backups}`
      : `when no client calls it any more: \`takeOver: { letGo: [${JSON.stringify(name)}] }\``,
  };
}
