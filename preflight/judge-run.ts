/** Programs, users and folders of a node that its services need. Pure. */

import { type Finding, problem } from "../findings";
import type { Facts } from "../nodes";
import type { Plan } from "./plan";
import type { Need, WantedCommand } from "./plan-run";

/** Without this, a service would crash in a loop until the deploy gives up. */
export function judgeCommands({ node, commands }: Plan, { commands: asked }: Facts): Finding[] {
  return commands.flatMap((wanted) => {
    const fault = asked[wanted.command];
    if (!fault) return [];
    const what =
      fault === "missing" && !wanted.command.startsWith("/") ? "it is not among the node's programs" : said(fault);
    return [
      problem(node.name, wanted.service, {
        found: `${wanted.command}: ${what}`,
        why: `${startedBy(wanted)}, so ${wanted.service} cannot start there`,
        remedy: `install it on ${node.name}, or correct services.${wanted.service}.run`,
      }),
    ];
  });
}

function startedBy({ starts, service }: WantedCommand): string {
  return starts === undefined ? `it is the command of ${service}` : `it is what starts ${starts}`;
}

/** `fault`: as node/look prints it. */
function said(fault: string): string {
  const words: Record<string, string> = {
    missing: "there is no such file",
    "not a file": "it is not a file",
    mode: "it is not executable for everyone",
    "line end":
      "its first line ends with a carriage return, which counts as part of the interpreter's name (dos2unix converts it)",
  };
  if (fault.startsWith("processor ")) return `it is built for ${fault.slice("processor ".length)}`;
  const interpreter = fault.startsWith("interpreter ") && fault.slice("interpreter ".length);
  return interpreter ? `what starts it is not there (${interpreter})` : (words[fault] ?? fault);
}

/** A program that is built for another kind of processor. */
export function judgeBuilds({ node, builds }: Plan): Finding[] {
  return builds
    .filter(({ processor }) => processor !== node.arch)
    .map(({ service, file, processor }) =>
      problem(node.name, service, {
        found: `${file} is built for ${processor}`,
        why: `nodes.${node.name}.arch is ${node.arch}, so ${service} cannot start there`,
        remedy: `build it for ${node.arch}, or run ${service} on other nodes`,
      }),
    );
}

/** systemd does not start a unit whose user, group or folder is missing. */
export function judgeNeeds({ node, needs }: Plan, facts: Facts): Finding[] {
  return needs.flatMap((need) => {
    const fault = needFault(need, facts);
    if (!fault) return [];
    const { service, field } = need;
    const remedy = `${fault.remedy} on ${node.name}, or correct services.${service}.run.${field}`;
    return [problem(node.name, service, { found: fault.found, why: fault.why, remedy })];
  });
}

function needFault({ kind, name, service }: Need, { accounts, groups, paths }: Facts) {
  const why = `${service} does not start without it`;
  if (kind === "user") {
    const account = accounts[name];
    if (!account) return { found: `there is no user ${name}`, why, remedy: "make it" };
    return privileged(name, account.uid === 0, account.groups);
  }
  if (kind === "group") {
    if (groups[name] === undefined) return { found: `there is no group ${name}`, why, remedy: "make it" };
    return privileged(name, groups[name] === 0, []);
  }
  const there = paths[name];
  if (!there) return { found: `there is no ${name}`, why, remedy: "make it" };
  return kind === "folder" && there !== "folder"
    ? { found: `${name} is no folder`, why, remedy: "make it one" }
    : undefined;
}

/** Groups whose files have the tokens of other services. */
const TOKEN_GROUPS = ["consul", "root"];

function privileged(name: string, isRoot: boolean, groups: string[]) {
  const group = groups.find((one) => TOKEN_GROUPS.includes(one));
  if (!isRoot && !group) return undefined;
  return {
    found: isRoot ? `${name} is root by another name` : `${name} is in the group ${group}`,
    why: "a service must not read what is root's, nor the tokens of other services",
    remedy: "make a user or group of its own",
  };
}
