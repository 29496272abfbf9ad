/** Ports, units and definitions that belong to another owner and are going to be ours. Pure. */

import type { Finding } from "../findings";
import { operand } from "../findings";
import { layout } from "../model";
import type { Facts, Listener } from "../nodes";
import { willSetUpAgent } from "./judge-consul";
import { isTheirs } from "./judge-others";
import { findByHand } from "./judge-take-over";
import { AGENT_RECORDS, type Plan } from "./plan";
import type { WantedPort } from "./plan-ports";

export function judgePorts(plan: Plan, facts: Facts): Finding[] {
  const found = new Map<string, Finding>();
  // A unit made by hand under a declared name has a finding of its own, and is stopped before the new one starts.
  const byHand = new Set(
    plan.workloads.flatMap(({ name, unitOfOthers }) =>
      findByHand(facts, name, unitOfOthers).units.map(({ name }) => name),
    ),
  );
  const ofOthers = new Set(plan.unitsOfOthers.map(({ unit }) => unit));
  for (const wanted of plan.ports) {
    // A running agent's ports are its own affair.
    if (wanted.unit === layout.consulUnit && !willSetUpAgent(plan, facts)) continue;
    if (ofOthers.has(wanted.unit)) continue; // see judgeUnitsOfOthers
    for (const listener of facts.listeners.filter((one) => !byHand.has(one.unit) && inTheWay(wanted, one))) {
      // A process that listens on IPv4 and on IPv6 makes one finding.
      found.set(`${wanted.port} ${listener.pid}`, portFinding(plan, facts, wanted, listener));
    }
  }
  return [...found.values()];
}

function inTheWay({ port, where, unit }: WantedPort, listener: Listener): boolean {
  if (listener.port !== port || listener.unit === unit) return false;
  return where === "any" || listener.address !== "other";
}

const existing = "where Consul already runs on every node, write existing: true under consul";

function portFinding(plan: Plan, facts: Facts, wanted: WantedPort, listener: Listener): Finding {
  const owner = facts.owners[layout.workloadOf(listener.unit)];
  if (isTheirs(owner, plan.mesh)) return theirPort(plan, wanted, listener, owner!);
  const { node } = plan;
  const { port, use } = wanted;
  const { pid, unit, program } = listener;
  const holder = pid ? `${program} (process ${pid}${unit ? `, ${unit}` : ""})` : "something without a process";
  const other = layout.isServiceUnit(unit) ? `stop it: systemctl disable --now ${operand(unit)}` : "stop it";
  const own = facts.instances.includes(layout.workloadOf(unit));
  return {
    severity: own ? "warning" : "problem",
    where: { on: node.name, what: `port ${port}` },
    found: `held by ${holder}`,
    why: own
      ? `${use} is going to listen there; this holder is of the mesh too, and the new comes up before the old goes`
      : `${use} is going to listen there`,
    remedy: own
      ? "if the deploy goes back for this: choose another port, or change it in two deploys"
      : `${other}; or ${wanted.unit === layout.consulUnit ? existing : "declare another port"}`,
  };
}

/** Two meshes give their Envoys ports of the same ranges, unless one of them declares others. */
function theirPort(
  { node, mesh }: Plan,
  { port, use, assigned }: WantedPort,
  { unit }: Listener,
  owner: string,
): Finding {
  return {
    severity: "problem",
    where: { on: node.name, what: `port ${port}` },
    found: `held by ${unit} of mesh ${owner}`,
    why: `${use} is going to listen there`,
    remedy: assigned
      ? `give ${mesh} ranges that ${owner} has not: \`ports: { admin: 20000, sidecars: 22000 }\` in its declaration`
      : `declare another port in ${mesh}, or in ${owner} first`,
  };
}

/** Terraform does not know of `mesh rollback`, so a deploy that does not change the service leaves it as it is. */
export function judgeRollbacks({ node, mesh }: Plan, { rolledBack, owners }: Facts): Finding[] {
  const own = rolledBack.filter((name) => !isTheirs(owners[name], mesh));
  return own.map((name) => ({
    severity: "warning",
    where: { on: node.name, what: "rollback" },
    found: `${name} was taken back to an earlier release by hand`,
    why: "Terraform does not know, so the declared release comes back only with the next change of the service",
    remedy: "to have the declared release there: npm run doctor -- --fix",
  }));
}

/** A service that listens for more than its sidecar. A deploy may be what fixes that, so this is no problem. */
export function judgeOpen({ node, unitsOfOthers }: Plan, { open }: Facts): Finding[] {
  const ofOthers = new Set(unitsOfOthers.map(({ unit }) => unit));
  return open.map(({ unit, at }) => ({
    // It may serve people outside of the mesh, and that is for its owner to decide.
    severity: ofOthers.has(unit) ? "note" : "warning",
    where: { on: node.name, what: unit },
    found: `it listens on ${at}`,
    why: "whoever reaches that address calls the service past the mesh: without a certificate, and whatever the intentions say",
    remedy: ofOthers.has(unit)
      ? "nothing, if that is what its owner wants; else have it listen on 127.0.0.1 alone, in its own configuration"
      : "have the program listen on 127.0.0.1 alone, by its run.args or run.env",
  }));
}

/** Where there is no cluster stack the agent's unit is not ours to take, and one that runs may serve others. */
export function judgeConsulUnit(plan: Plan, facts: Facts): Finding[] {
  if (AGENT_RECORDS.some((file) => file in facts.files) || !willSetUpAgent(plan, facts)) return [];
  return facts.units
    .filter(({ name, file }) => file !== "" && name === layout.consulUnit && !facts.written.includes(file))
    .map(({ name, file, state }) => ({
      where: { on: plan.node.name, what: name },
      found: `${file} is there (${state}), and Gatehouse did not put it there`,
      ...(STOPPED.includes(state) ? willReplace(file) : servesOthers),
    }));
}

const STOPPED = ["inactive", "failed"];

const servesOthers = {
  severity: "problem" as const,
  why: "it runs, and this deploy would set up another agent in its place: what is registered with it would be cut off",
  remedy: `${existing}; if this agent is no longer needed: systemctl disable --now ${layout.consulUnit}`,
};

const willReplace = (file: string) => ({
  severity: "note" as const,
  why: file.startsWith(`${layout.folders.units}/`)
    ? `the mesh has a unit of this name: it is taken over, and a copy is kept under ${layout.folders.backups}`
    : "the mesh has a unit of this name, which goes before it as long as it is there",
  remedy: "nothing, if that is what you want; else write existing: true under consul",
});
