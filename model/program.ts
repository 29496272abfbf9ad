/** The program that a service runs: files of the project, an artifact, or a command of the node. */
import { z } from "zod";
import type { None } from "./checking/combination";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import {
  type ArtifactDeclaration,
  type Binary,
  checkFiles,
  commandFault,
  contentSchema,
  type FilesDeclaration,
  isArchive,
  resolveArtifact,
  resolveFiles,
} from "./content";
import { checkFile, type Files, UNKNOWN_SHA256 } from "./files";
import { filledTextFault, sha256Fault, textFault } from "./formats/text";
import { sandboxPathFault } from "./formats/unit";
import { privateFault } from "./private-files";

/** Exactly one of `binary`, `files`, `artifact` and `command` alone; `files` need a `command`, and `artifact` may have one. */
export type ProgramDeclaration =
  | (BinaryDeclaration & None<CommandDeclaration & FilesDeclaration & ArtifactDeclaration>)
  | (CommandDeclaration & None<BinaryDeclaration & FilesDeclaration & ArtifactDeclaration>)
  | (FilesDeclaration & CommandDeclaration & None<BinaryDeclaration & ArtifactDeclaration>)
  | (ArtifactDeclaration & Partial<CommandDeclaration> & None<BinaryDeclaration & FilesDeclaration>);

/** A program of the project. */
export interface BinaryDeclaration {
  /** Path of an executable file, from the project's folder. A deploy copies it to the node. */
  binary: string;
  /** SHA-256 that the binary must have, 64 hex digits. Another file under its name stops the deploy. @default any */
  sha256?: string;
}

/** A program that is installed on the node, or one of the service's files. */
export interface CommandDeclaration {
  /**
   * The command with its full path on the node, then its first arguments: `["/usr/bin/java", "-jar", "/srv/shop/shop.jar"]`. With
   * `files` or `artifact`, a relative path is in these: `["bin/server"]`. No shell looks at it. The preflight says where it is
   * missing or cannot start.
   */
  command: string[];
}

/** A service starts `binary`, `command` or the one in the other. */
export interface Program {
  /** An executable file that a deploy brings to the node, or the files that the command runs in. */
  binary?: Binary;
  /** The command, and its first arguments. Its path is full, or with `binary` relative to that. Absent: the binary itself. */
  command?: string[];
}

const COMMAND =
  'write the command with its full path on the node, and its arguments: `["/usr/bin/node", "/srv/shop/server.js"]`';

/** Fields of `run`. */
export const programSchema = {
  binary: text("write the path of an executable file, from the project's folder", filledTextFault).optional(),
  sha256: text("write what `sha256sum` says of the binary", sha256Fault).optional(),
  command: field(z.array(text("write a string", textFault)), COMMAND).optional(),
  ...contentSchema,
};

const KINDS = ["binary", "files", "artifact", "command"] as const;

/** One program is named, and what a deploy copies is there. */
export function checkProgram(run: Sound<ProgramDeclaration>, path: Path, view: View, problems: Problems): void {
  const kinds = KINDS.filter((kind) => Object.hasOwn(run, kind));
  const content = kinds.filter((kind) => kind === "files" || kind === "artifact");
  const given = content.length === 1 ? kinds.filter((kind) => kind !== "command") : kinds;
  if (given.length > 1 || (given.length === 0 && !hasBroken(run))) {
    problems.add(path, run, {
      reason: given.length
        ? `${given.join(" and ")} are given, and a service runs one program`
        : "it is not said what to run",
      remedy:
        'keep exactly one of `binary: "bin/web"`, `command: ["/usr/bin/web"]`, `files` with a `command` or `artifact: { url, sha256 }`',
    });
    return;
  }
  if (run.command && !isBroken(run, "command")) {
    checkCommand(run.command, [...path, "command"], content.length > 0, problems);
  }
  if (kinds.includes("files") && !kinds.includes("command")) {
    problems.add(path, run, {
      reason: "the files have no command that runs them",
      remedy: 'add one: `command: ["/usr/bin/node", "server.js"]`; a single executable file is a `binary`',
    });
  }
  if (run.artifact && kinds.length === 1 && !hasBroken(run) && isArchive(run.artifact)) {
    problems.add(path, run, {
      reason: "an archive is unpacked, and it is not said which of its files to run",
      remedy: 'add a command: `command: ["bin/server"]`',
    });
  }
  checkFiles(run, path, view, problems);
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

/** @param inFiles a relative path is a path in the service's files */
function checkCommand(command: (string | undefined)[], path: Path, inFiles: boolean, problems: Problems): void {
  const [program] = command;
  if (command.length === 0) problems.add(path, command, { reason: "there is no command", remedy: COMMAND });
  if (program === undefined) return;
  const fault = program.startsWith("/")
    ? sandboxPathFault(program)
    : inFiles
      ? commandFault(program)
      : { reason: "systemd starts a command by its full path", remedy: COMMAND };
  if (fault) problems.add([...path, 0], program, fault);
}

/** Says whether the binary is there and may be run. */
function checkBinary(binary: string | undefined, path: Path, view: View, problems: Problems): boolean {
  const remedy = "write the path of an executable file from the project's folder; is it built yet?";
  if (!checkFile(binary, path, remedy, view, problems)) return false;
  const fault = privateFault(binary!, view);
  if (fault) problems.add(path, binary, fault);
  if (fault) return false;
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

/** The program with the checksum of what a deploy brings. */
export function resolveProgram(
  { binary, files: content, artifact, command }: ProgramDeclaration,
  files: Files,
): Program {
  return {
    ...(binary !== undefined && { binary: resolveBinary(binary, files) }),
    ...(content !== undefined && { binary: resolveFiles(content, files) }),
    ...(artifact && { binary: resolveArtifact(artifact) }),
    ...(command && { command: [...command] }),
  };
}

function resolveBinary(declared: string, files: Files): Binary {
  const path = files.absolute(declared);
  if (files.look(declared) === "missing") return { path, sha256: UNKNOWN_SHA256, missing: true };
  return { path, sha256: files.sha256(declared) };
}
