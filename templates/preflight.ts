/** What the preflight asks a node, for a shell's standard input. */
import { readTemplate } from "./engine";
import { shellWord } from "./escape";
import type { Questions } from "./node-documents";
import { NODE_PROGRAM, nodeScript, shellConf } from "./program";

export type PreflightQuestions = Readonly<Questions>;

/**
 * gatehouse-node answers where this version of it is installed: the same lines, sooner. Else `shell/preflight.sh` does, which
 * needs nothing that a bare node has not.
 * @param version of gatehouse-node that a deploy would install
 */
export function preflightScript(questions: PreflightQuestions, version: string): string {
  // None of the values holds white space: the model sees to it.
  const lists = Object.entries(questions).map(([key, list]) => [key, list.join(" ")]);
  return [
    `if [ "$(${NODE_PROGRAM} version 2>/dev/null)" = ${shellWord(version)} ]; then\n`,
    nodeScript("inspect node", questions, NODE_PROGRAM),
    "fi\n",
    shellConf(Object.fromEntries(lists)),
    readTemplate("shell/open-ports.sh"),
    readTemplate("shell/preflight.sh"),
  ].join("");
}
