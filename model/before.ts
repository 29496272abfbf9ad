/** Commands that run before a release of a service is put into service. */
import { basename, posix } from "node:path";
import { z } from "zod";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { items, type Sound, type View } from "./checking/view";
import { checkInside, commandFault } from "./content";
import { textFault } from "./formats/text";
import { sandboxPathFault } from "./formats/unit";

/** Fields of `run`. */
export interface BeforeDeclaration {
  /**
   * Commands that run one after another before a release is put into service, migrations for example, as the same user and with the same
   * environment, secrets, folders and configuration files: `[["bin/migrate"]]`. A program's path is full, or relative to `files` or
   * `artifact`; `binary` may be named by its file's name. Once a release and node: a release is what a deploy brings, by its hash, so that
   * a rollback runs none of them again. One that fails, or does not end within `health.startTimeout`, fails the release before anything
   * that serves is touched. @default none
   */
  before?: string[][];
}

/** The same in the checked mesh; what is not declared is not there. */
export interface Before {
  before?: string[][];
}

const FORM = 'list the commands, each with its arguments: `[["bin/migrate", "--all"]]`';

export const beforeSchema = {
  before: field(z.array(field(z.array(text("write a string", textFault)), FORM)), FORM).optional(),
};

/** The fields of `run` on which the programs of the commands depend. */
interface Programs extends BeforeDeclaration {
  binary?: string;
  files?: string;
  artifact?: object;
}

/** Each command names a program that will be there. */
export function checkBefore(run: Sound<Programs>, path: Path, view: View, problems: Problems): void {
  for (const { index, value } of items(run.before)) {
    const at = [...path, "before", index];
    const [program] = value;
    if (value.length === 0) problems.add(at, value, { reason: "there is no command", remedy: FORM });
    if (program === undefined) continue;
    const fault = program.startsWith("/") ? sandboxPathFault(program) : relativeFault(program, run);
    if (fault) problems.add([...at, 0], program, fault);
    else if (run.files !== undefined && view.files.look(run.files) === "folder")
      checkInside(run.files, program, [...at, 0], view, problems);
  }
}

function relativeFault(program: string, { binary, files, artifact }: Sound<Programs>) {
  if (files !== undefined || artifact !== undefined) return commandFault(program);
  if (binary !== undefined && posix.normalize(program) === basename(binary)) return undefined;
  const remedy =
    binary === undefined
      ? "write the full path of a program of the node: `/usr/bin/migrate`"
      : `write \`${basename(binary)}\`, or the full path of a program of the node: \`/usr/bin/migrate\``;
  const reason =
    binary === undefined
      ? "systemd starts a command by its full path"
      : `a release has \`${basename(binary)}\` alone, and no other program`;
  return { reason, remedy };
}

export function resolveBefore({ before = [] }: BeforeDeclaration): Before {
  return before.length > 0 ? { before: before.map((command) => [...command]) } : {};
}
