/** The preflight's questions to a node, for the standard input of root's shell: gatehouse-node answers them. */
import { layout } from "../model";
import { shellWord } from "./escape";
import type { Questions } from "./node-documents";
import { nodeCommand, nodeScript } from "./program";

/** The document of the verb `inspect node`. */
export type PreflightQuestions = Readonly<Questions>;

/** The answer of a node that lacks the wanted version of gatehouse-node; the output of `uname -m` follows it. */
export const WANTED = "gatehouse-node wanted";

/**
 * Asks the gatehouse-node that is installed.
 * @param version of gatehouse-node that a deploy would install
 */
export function preflightScript(questions: PreflightQuestions, version: string): string {
  return [
    `if [ "$(${layout.files.program} version 2>/dev/null)" != ${shellWord(version)} ]; then\n`,
    `  echo "${WANTED}\t$(uname -m)"\n  exit\nfi\n`,
    nodeScript("inspect node", questions, layout.files.program),
  ].join("");
}

/** Takes a gatehouse-node on standard input, as the user who logs in, and says where it is. In memory: a disk may be full. */
export const UPLOAD_COMMAND =
  "for folder in /dev/shm /tmp; do file=$(mktemp $folder/.gatehouse-look-XXXXXXXX) && cat >$file && echo $file && exit; done; exit 1";

/** Whether a node said such a place. */
export const isUpload = (file: string): boolean => /^\/(dev\/shm|tmp)\/\.gatehouse-look-\w{8}$/.test(file);

/**
 * Asks a gatehouse-node that was just uploaded, which is removed again. The user who logs in may change the upload: root's copy is
 * what is checked and run.
 */
export function uploadedScript(
  questions: PreflightQuestions,
  { file, sha256 }: { file: string; sha256: string },
): string {
  return [
    "set -eu\n",
    `uploaded=${shellWord(file)}\ncopy=\n`,
    `trap 'rm -f -- "$uploaded" "$copy"' EXIT\n`,
    `copy=$(mktemp "\${uploaded%-*}-XXXXXXXX")\n`,
    `install -m 0700 -- "$uploaded" "$copy"\n`,
    `echo "${sha256}  $copy" | sha256sum --check --status || { echo "gatehouse-node did not arrive whole" >&2; exit 1; }\n`,
    nodeCommand("inspect node", questions, '"$copy"'),
  ].join("");
}
