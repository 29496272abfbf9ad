/** From what the machines told to what a deploy would meet. Pure. */
import type { MeshNode } from "../model";
import type { Facts } from "../nodes/facts";
import { type Finding, HERE } from "./finding";
import { type ConsulApi, judgeAgent, judgeConsulApi, willSetUpAgent } from "./judge-consul";
import { judgeHostKey } from "./judge-host-key";
import { judgeConsulUnit, judgeOpen, judgePorts, judgeRollbacks } from "./judge-names";
import { judgeArch, judgeFolders, judgeLimits, judgePrograms, judgeSystem } from "./judge-node";
import { judgeOthers, renamed, renamedFrom } from "./judge-others";
import { judgeTakeOver } from "./judge-take-over";
import { judgeXds } from "./judge-xds";
import type { Plan } from "./plan";

/** One machine, looked at. */
export interface Look {
  plan: Plan;
  facts: Facts;
  /** When the looking began and ended by the clock of the machine that deploys, in milliseconds since 1970. */
  began: number;
  ended: number;
}

/** Everything that was found on the machines that could be looked at. */
export function judge(looks: Look[], consulApi: ConsulApi): Finding[] {
  // While a server is still to be set up, there need be no leader, and no API to write to.
  const servers = looks.filter(({ plan }) => plan.node.role === "server");
  const serversComing = servers.some(({ plan, facts }) => willSetUpAgent(plan, facts));
  const old = renamedFrom(looks);
  const found = looks.flatMap((look) => [
    ...(old === undefined ? judgeOthers(look.plan, look.facts) : []),
    ...judgeMachine(look, serversComing),
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

function judgeMachine(look: Look, serversComing: boolean): Finding[] {
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
    ...judgeFolders(plan, facts),
    ...judgeLimits(plan, facts),
    ...judgeAgent(plan, facts, serversComing),
    ...judgeXds(plan, facts),
    ...judgePorts(plan, facts),
    ...judgeOpen(plan, facts),
    ...judgeConsulUnit(plan, facts),
    ...judgeTakeOver(plan, facts),
    ...judgeRollbacks(plan, facts),
  ];
}

/** Seconds. Certificates are valid from a minute before they were made; logs are hard to read long before that. */
const CLOCK_WARNS = 5;
const CLOCK_FAILS = 60;

/** Seconds that a machine's clock is ahead of ours, less what the looking took; negative when it is behind. */
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
      node: node.name,
      severity: Math.abs(off) > CLOCK_FAILS ? "problem" : "warning",
      check: CLOCK,
      found: `its clock is ${duration(Math.abs(off))} ${way} this machine's`,
      reason:
        "the certificates of the mesh are valid from their making on: to a clock that is behind they are not valid yet",
      remedy: "start time synchronisation there: timedatectl set-ntp true",
    },
  ];
}

const CLOCK = "clock";

/** When every one of several machines is off, then it is this one. */
function blameOwnClock(found: Finding[], machines: number): Finding[] {
  const clocks = found.filter(({ check }) => check === CLOCK);
  if (machines < 2 || clocks.length < machines) return found;
  return found.map((finding) =>
    finding.check === CLOCK
      ? {
          ...finding,
          remedy: `look at ${HERE}'s clock first: every machine differs from it. Then: timedatectl set-ntp true`,
        }
      : finding,
  );
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
