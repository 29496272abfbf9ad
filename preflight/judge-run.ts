/** What services run on a node: the programs that start them. Pure. */

import { type Finding, problem } from "../findings";
import type { Facts } from "../nodes";
import type { Plan } from "./plan";
import type { WantedCommand } from "./plan-commands";

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
  };
  const interpreter = fault.startsWith("interpreter ") && fault.slice("interpreter ".length);
  return interpreter ? `what starts it is not there (${interpreter})` : (words[fault] ?? fault);
}
