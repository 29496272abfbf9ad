/** The program that a service runs: a file of the project, or a command of the node. */
import { z } from "zod";
import type { None } from "./checking/combination";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import { checkFile, type Files, UNKNOWN_SHA256 } from "./files";
import { filledTextFault, sha256Fault, textFault } from "./formats/text";
import { sandboxPathFault } from "./formats/unit";

/** Exactly one of `binary` and `command`. */
export type ProgramDeclaration =
  | (BinaryDeclaration & None<CommandDeclaration>)
  | (CommandDeclaration & None<BinaryDeclaration>);

/** A program of the project. */
export interface BinaryDeclaration {
  /** Path of an executable file, from the project's folder. A deploy copies it to the node. */
  binary: string;
  /** SHA-256 that the binary must have, 64 hex digits. Another file under its name stops the deploy. @default any */
  sha256?: string;
}

/** A program that is installed on the node. */
export interface CommandDeclaration {
  /**
   * The command with its full path on the node, then its first arguments: `["/usr/bin/java", "-jar", "/srv/shop/shop.jar"]`. No
   * shell looks at it. The preflight says where it is missing or cannot start.
   */
  command: string[];
}

/** The program that a service starts: exactly one of `binary` and `command` is set. */
export interface Program {
  binary?: Binary;
  /** The command with its full path on the node, and its first arguments. */
  command?: string[];
}

/** The executable file of a service, where a deploy reads it. */
export interface Binary {
  /** Absolute path on the machine that deploys. */
  path: string;
  /** Lower-case hex. Zeros when the file is missing. */
  sha256: string;
  /** There is no such file yet: such a mesh can be read and not deployed. */
  missing?: boolean;
}

const COMMAND =
  'write the command with its full path on the node, and its arguments: `["/usr/bin/node", "/srv/shop/server.js"]`';

/** Fields of `run`. */
export const programSchema = {
  binary: text("write the path of an executable file, from the project's folder", filledTextFault).optional(),
  sha256: text("write what `sha256sum` says of the binary", sha256Fault).optional(),
  command: field(z.array(text("write a string", textFault)), COMMAND).optional(),
};

const KINDS = ["binary", "command"] as const;

/** One program is named, and what a deploy copies is there. */
export function checkProgram(run: Sound<ProgramDeclaration>, path: Path, view: View, problems: Problems): void {
  const given = KINDS.filter((kind) => Object.hasOwn(run, kind));
  if (given.length > 1 || (given.length === 0 && !hasBroken(run))) {
    problems.add(path, run, {
      reason: given.length
        ? `${given.join(" and ")} are given, and a service runs one program`
        : "it is not said what to run",
      remedy: 'keep exactly one, for example `binary: "bin/web"` or `command: ["/usr/bin/web"]`',
    });
    return;
  }
  if (run.command && !isBroken(run, "command")) checkCommand(run.command, [...path, "command"], problems);
  const sound = checkBinary(run.binary, [...path, "binary"], view, problems);
  if (run.sha256 === undefined) return;
  if (sound) checkSum(run.binary!, run.sha256, [...path, "sha256"], view, problems);
  if (!Object.hasOwn(run, "binary")) {
    problems.add([...path, "sha256"], run.sha256, {
      reason: "there is no `binary` that it could be the sum of",
      remedy: "take it away: what the node runs under `command` is the node's own",
    });
  }
}

function checkCommand(command: (string | undefined)[], path: Path, problems: Problems): void {
  const [program] = command;
  if (command.length === 0) problems.add(path, command, { reason: "there is no command", remedy: COMMAND });
  if (program === undefined) return;
  const fault = program.startsWith("/")
    ? sandboxPathFault(program)
    : { reason: "systemd starts a command by its full path", remedy: COMMAND };
  if (fault) problems.add([...path, 0], program, fault);
}

/** Says whether the binary is there and may be run. */
function checkBinary(binary: string | undefined, path: Path, view: View, problems: Problems): boolean {
  const remedy = "write the path of an executable file from the project's folder; is it built yet?";
  if (!checkFile(binary, path, remedy, view, problems)) return false;
  if (view.files.look(binary!) === "executable") return true;
  problems.add(path, binary, {
    reason: `the file is not executable (${view.files.absolute(binary!)})`,
    remedy: `make it executable: \`chmod +x ${binary}\``,
  });
  return false;
}

/** A deploy reads the file again, and the node compares the upload with this sum: see `stacks/uploaded-binary.ts`. */
function checkSum(binary: string, declared: string, path: Path, view: View, problems: Problems): void {
  const found = view.files.sha256(binary);
  if (found === declared.toLowerCase()) return;
  problems.add(path, declared, {
    reason: `${view.files.absolute(binary)} is another file: its SHA-256 is ${found}`,
    remedy: "find out who changed the binary; if it is the one you want, write its sum here",
  });
}

/** The program with its file's checksum. */
export function resolveProgram({ binary, command }: ProgramDeclaration, files: Files): Program {
  return {
    ...(binary !== undefined && { binary: resolveBinary(binary, files) }),
    ...(command && { command: [...command] }),
  };
}

function resolveBinary(declared: string, files: Files): Binary {
  const path = files.absolute(declared);
  if (files.look(declared) === "missing") return { path, sha256: UNKNOWN_SHA256, missing: true };
  return { path, sha256: files.sha256(declared) };
}
