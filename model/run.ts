/** The program of a service, with its arguments, environment and secrets. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import type { Sound, View } from "./checking/view";
import { checkFile, type Files, UNKNOWN_SHA256 } from "./files";
import { filledTextFault, sha256Fault, textFault, versionFault } from "./formats/text";

/** The program of a service. */
export interface RunDeclaration {
  /** Path of an executable file, from the project's folder. A deploy copies it to the node. */
  binary: string;
  /** SHA-256 that the binary must have, 64 hex digits. Another file under its name stops the deploy. @default any */
  sha256?: string;
  /** Arguments, passed as they are: no shell looks at them. @default [] */
  args?: string[];
  /** Environment variables. Not for secrets: Terraform's state has these values. @default {} */
  env?: Record<string, string>;
  /**
   * Environment variables whose values are secret, by name. The value itself is in the mesh's secrets, under `services`
   * (`npm run secrets` says which are missing), and reaches the node as a file that only root reads.
   * @default {}
   */
  secrets?: Record<string, SecretDeclaration>;
}

/** A secret without its value. */
export interface SecretDeclaration {
  /**
   * Changes with the value: that rolls the service's instances, each drained. 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`,
   * for example `"1"` or `"2026-11"`. A new value under the same version waits for the next change of the service.
   */
  version: string;
}

/** A service's program in the checked mesh. */
export interface Run {
  binary: Binary;
  args: string[];
  env: Record<string, string>;
  /** Secret environment variables by name, in the order of their names. Their values are in the mesh's secrets. */
  secrets: { name: string; version: string }[];
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

const SECRET =
  'write `{ API_KEY: { version: "1" } }`; the value belongs into the mesh\'s secrets, see `npm run secrets`';

const secretSchema = z.strictObject({
  version: text('write a text that changes with the value, for example `"1"`', versionFault),
});

export const runSchema = z.strictObject({
  binary: text("write the path of an executable file, from the project's folder", filledTextFault),
  sha256: text("write what `sha256sum` says of the binary", sha256Fault).optional(),
  args: field(
    z.array(text("write a string", textFault)),
    'write a list of strings, for example `["-listen", "9001"]`',
  ).optional(),
  env: field(
    z.record(z.string(), text("write a string", textFault)),
    'write an object of strings, for example `{ LOG: "info" }`',
  ).optional(),
  secrets: field(z.record(z.string(), field(secretSchema, SECRET)), SECRET).optional(),
});

/** Binaries exist, can be executed and have their declared sums; no variable is both open and secret. */
export function checkRuns(view: View, problems: Problems): void {
  for (const [name, { run }] of view.services.entries) {
    const path = ["services", name, "run"];
    const sound = checkBinary(run?.binary, [...path, "binary"], view, problems);
    if (sound && run?.sha256 !== undefined) checkSum(run.binary!, run.sha256, [...path, "sha256"], view, problems);
    checkSecrets(run ?? {}, path, problems);
  }
}

function checkSecrets({ env = {}, secrets = {} }: Sound<RunDeclaration>, path: Path, problems: Problems): void {
  for (const variable of Object.keys(secrets)) {
    if (!Object.hasOwn(env, variable)) continue;
    problems.add([...path, "secrets", variable], variable, {
      reason: `\`${variable}\` is in \`env\` too, where its value stands in the state`,
      remedy: "take it out of one of them",
    });
  }
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

/** Program, arguments and environment with their defaults. */
export function resolveRun({ binary, args = [], env = {}, secrets = {} }: RunDeclaration, files: Files): Run {
  return {
    binary: resolveBinary(binary, files),
    args: [...args],
    env: { ...env },
    secrets: Object.entries(secrets)
      .map(([name, { version }]) => ({ name, version }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  };
}

function resolveBinary(declared: string, files: Files): Binary {
  const path = files.absolute(declared);
  if (files.look(declared) === "missing") return { path, sha256: UNKNOWN_SHA256, missing: true };
  return { path, sha256: files.sha256(declared) };
}
