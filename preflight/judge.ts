/** From the facts of the nodes to what would stop a deploy. Pure. */

import { type Finding, HERE } from "../findings";
import type { MeshNode } from "../model";
import type { Facts } from "../nodes";
import { type ConsulApi, judgeAgent, judgeConsulApi, willSetUpAgent } from "./judge-consul";
import { judgeHostKey } from "./judge-host-key";
import { judgeConsulUnit, judgeOpen, judgePorts, judgeRollbacks } from "./judge-names";
import { judgeArch, judgeFences, judgeFolders, judgeLimits, judgePrograms, judgeSystem } from "./judge-node";
import { judgeOthers, renamed, renamedFrom } from "./judge-others";
import { judgeBuilds, judgeCommands, judgeNeeds } from "./judge-run";
import { judgeTakeOver } from "./judge-take-over";
import { judgeUnitsOfOthers } from "./judge-units";
import { judgeXds } from "./judge-xds";
import type { Plan } from "./plan";

/** The facts of a node, with what a deploy wants there. */
export interface Look {
  plan: Plan;
  facts: Facts;
  /** When the node was asked and when it had answered, by the clock here, in milliseconds since 1970. */
  began: number;
  ended: number;
}

/** All findings about the nodes that could be looked at. */
export function judge(looks: Look[], consulApi: ConsulApi): Finding[] {
  // While a server is still to be set up, there need be no leader, and no API to write to.
  const servers = looks.filter(({ plan }) => plan.node.role === "server");
  const serversComing = servers.some(({ plan, facts }) => willSetUpAgent(plan, facts));
  const old = renamedFrom(looks);
  const found = looks.flatMap((look) => [
    ...(old === undefined ? judgeOthers(look.plan, look.facts) : []),
    ...judgeNode(look, serversComing),
  ]);
  return [
    ...(old === undefined ? [] : [renamed(looks[0]!.plan.mesh, old)]),
    ...judgeConsulApi(consulApi, serversComing, serversIn(looks)),
    ...blameOwnClock(found, looks.length),
  ];
}

/** Addresses of servers: those that are declared, and the leader that the agents see. */
function serversIn(looks: Look[]): string[] {
  const declared = looks.filter(({ plan }) => plan.node.role === "server" && !plan.node.retired);
  const leaders = looks.map(({ facts }) => facts.agent.leader.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"));
  return [...declared.map(({ plan }) => plan.node.address), ...leaders.filter(Boolean)];
}

function judgeNode(look: Look, serversComing: boolean): Finding[] {
  const { plan, facts } = look;
  const common = [
    ...judgeSystem(plan.node, facts),
    ...judgeArch(plan.node, facts),
    ...judgeClock(plan.node, look),
    ...judgeHostKey(plan.node, facts),
  ];
  if (plan.node.retired) return common;
  return [
    ...common,
    ...judgePrograms(plan, facts),
    ...judgeCommands(plan, facts),
    ...judgeBuilds(plan),
    ...judgeNeeds(plan, facts),
    ...judgeFolders(plan, facts),
    ...judgeLimits(plan, facts),
    ...judgeFences(plan, facts),
    ...judgeAgent(plan, facts, serversComing),
    ...judgeXds(plan, facts),
    ...judgePorts(plan, facts),
    ...judgeUnitsOfOthers(plan, facts),
    ...judgeOpen(plan, facts),
    ...judgeConsulUnit(plan, facts),
    ...judgeTakeOver(plan, facts),
    ...judgeRollbacks(plan, facts),
  ];
}

/** Seconds. Certificates are valid from a minute before they were made; logs are hard to read long before that. */
const CLOCK_WARNS = 5;
const CLOCK_FAILS = 60;

/** Seconds that a node's clock is ahead of ours, less the time that the answer took; negative when it is behind. */
export function clockOff({ facts, began, ended }: Look): number {
  const { clock } = facts;
  if (Number.isNaN(clock)) return 0;
  return (clock > ended ? clock - ended : clock < began ? clock - began : 0) / 1000;
}

function judgeClock(node: MeshNode, look: Look): Finding[] {
  const off = clockOff(look);
  if (Math.abs(off) < CLOCK_WARNS) return [];
  const way = off > 0 ? "ahead of" : "behind";
  return [
    {
      severity: Math.abs(off) > CLOCK_FAILS ? "problem" : "warning",
      where: { on: node.name, what: CLOCK },
      found: `its clock is ${duration(Math.abs(off))} ${way} this machine's`,
      why: "the certificates of the mesh are valid from the moment they are made: to a clock that is behind they are not valid yet",
      remedy: "start time synchronisation there: timedatectl set-ntp true",
    },
  ];
}

const CLOCK = "clock";

/** When the clocks of all of several nodes are off, the clock here is the wrong one. */
function blameOwnClock(found: Finding[], nodes: number): Finding[] {
  const clocks = found.filter(({ where }) => where.what === CLOCK);
  if (nodes < 2 || clocks.length < nodes) return found;
  return found.map((finding) =>
    finding.where.what === CLOCK
      ? {
          ...finding,
          remedy: `look at ${HERE}'s clock first: every node differs from it. Then: timedatectl set-ntp true`,
        }
      : finding,
  );
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
