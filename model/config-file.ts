/** Configuration files of a service, which it reads and no other service does. */
import { z } from "zod";
import { combination, type ExactlyOne, type None } from "./checking/combination";
import { field, judged, text } from "./checking/fields";
import type { Fault, Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import { checkFile, type Files } from "./files";
import { filledTextFault, versionFault } from "./formats/text";
import { unicodeFault } from "./formats/unicode";
import { signalFault } from "./formats/unit";
import { privateFault } from "./private-files";

/** Fields of `run`. */
export interface ConfigFilesDeclaration {
  /**
   * Files by name, in the folder `/run/gatehouse-config` of the service, which is in `$CONFIGURATION_DIRECTORY` too. Only this
   * service sees them there, and only root on the node. The plan and the files for review have the text of a file, unless it is a
   * `secret`. A change rolls the service. Text of at most 256 KiB together, and as much again that is secret.
   * @default {}
   */
  configFiles?: Record<string, ConfigFileDeclaration>;
  /**
   * The signal by which the program reads its configuration files again, for example `SIGHUP`: where nothing else changed it is
   * sent instead of a restart. @default they restart the program
   */
  reload?: string;
}

/** A file of the project, text, or a secret. */
export type ConfigFileDeclaration =
  | (ExactlyOne<{
      /** Path of a text file, from the project's folder. */
      from: string;
      text: string;
    }> &
      None<SecretFileDeclaration>)
  | (SecretFileDeclaration & { from?: never; text?: never });

/** A file whose content is a secret. */
export interface SecretFileDeclaration {
  /**
   * The name of a secret of this service. Its value, text of any number of lines, is in the mesh's secrets under `services`
   * (`npm run secrets` says whether it is missing); it is in no plan and in no state. 1 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`.
   */
  secret: string;
  /**
   * Changes with the value: that rolls the service, or sends it the signal of `reload`. A new value under the same version waits for the
   * next change of the service. @default "1"
   */
  version?: string;
}

/** The same in the checked mesh; what is not declared is not there. */
export interface ConfigFiles {
  /** In the order of their names. */
  configFiles?: { name: string; content: string }[];
  /** Those whose content is a secret, by the secret's name. In the order of their names. */
  secretFiles?: { name: string; secret: string; version: string }[];
  reload?: string;
}

const FORM =
  'write `{ "app.yaml": { from: "config/app.yaml" } }`, `{ "app.yaml": { text: "..." } }` or `{ "app.yaml": { secret: "app-yaml" } }`';

const FROM = "write the path of a text file, from the project's folder";

const fileSchema = combination<ConfigFileDeclaration>(
  z.strictObject({
    from: text(FROM, filledTextFault).optional(),
    text: field(judged(z.string(), contentFault), "write the text of the file").optional(),
    secret: text("name a secret of this service, for example `app-yaml`", secretNameFault).optional(),
    version: text('write a text that changes with the value, for example `"2"`', versionFault).optional(),
  }),
);

export const configFilesSchema = {
  configFiles: field(z.record(z.string(), field(fileSchema, FORM)), FORM).optional(),
  reload: text(
    "write the signal by which the program reads its files again, for example `SIGHUP`",
    signalFault,
  ).optional(),
};

function secretNameFault(name: string): Fault | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name)) return undefined;
  return {
    reason: "this is not a name that a secret can have",
    remedy: "use up to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`, beginning with none of `.` and `-`: `app-yaml`",
  };
}

/** Line breaks and tabs are part of a file; other control characters do not survive the way to a node. */
function contentFault(content: string): Fault | undefined {
  const odd = /[^\P{Cc}\n\t]/u.exec(content)?.[0];
  if (odd === undefined) return undefined;
  const code = odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return {
    reason: `there is a control character in it (U+${code}): only text with \`\\n\` line ends arrives as it is`,
    remedy: code === "000D" ? "convert its line ends: `dos2unix`" : "put it on the node another way, and name its path",
  };
}

const MOST_BYTES = 256 * 1024;

type Reloaded = Sound<ConfigFilesDeclaration & { stopSignal?: string }>;

/** Files are there, are text, and are not too large for Terraform's plan. */
export function checkConfigFiles(run: Reloaded, path: Path, view: View, problems: Problems): void {
  let bytes = 0;
  for (const [name, file] of Object.entries(run.configFiles ?? {})) {
    const at = [...path, "configFiles", name];
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name)) problems.add(at, name, BAD_NAME);
    if (file) bytes += Buffer.byteLength(checkContent(file, at, view, problems) ?? "");
  }
  if (bytes > MOST_BYTES) {
    problems.add([...path, "configFiles"], `${bytes} bytes`, {
      reason: `a plan holds their text, and they may have ${MOST_BYTES} bytes together`,
      remedy: "put large files on the node another way, and name their path in `args` or `env`",
    });
  }
  const fault = run.reload === undefined ? undefined : reloadFault(run.reload, run);
  if (fault) problems.add([...path, "reload"], run.reload, fault);
}

/** A signal asks a program to read its files, and not to end. */
function reloadFault(reload: string, { configFiles, stopSignal = "SIGTERM" }: Reloaded): Fault | undefined {
  if (!configFiles || Object.keys(configFiles).length === 0) {
    return {
      reason: "there are no `configFiles` that could change",
      remedy: "remove it: every other change restarts the program",
    };
  }
  if (reload !== stopSignal && reload !== "SIGKILL") return undefined;
  return {
    reason: "the program ends by this signal",
    remedy: "name the one by which it reads its files again, often `SIGHUP`; without `reload` they restart it",
  };
}

const BAD_NAME = {
  reason: "this is not a name that a configuration file can have",
  remedy: "use up to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`, beginning with none of `.` and `-`: `app.yaml`",
};

/** Its text, if it can be read. */
function checkContent(
  file: Sound<ConfigFileDeclaration>,
  path: Path,
  view: View,
  problems: Problems,
): string | undefined {
  const given = ["from", "text", "secret"].filter((field) => Object.hasOwn(file, field));
  if (given.length !== 1 && !hasBroken(file)) {
    const names = given.map((name) => `\`${name}\``).join(" and ");
    const reason = given.length ? `${names} are given` : "it is not said what is in the file";
    problems.add(path, file, { reason, remedy: FORM });
    return undefined;
  }
  if (file.version !== undefined && given[0] !== "secret") {
    problems.add([...path, "version"], file.version, {
      reason: "only a secret has a version: of other files the text itself is known",
      remedy: "remove it",
    });
  }
  if (isBroken(file, "from") || file.from === undefined) return file.text;
  const at = [...path, "from"];
  if (view.files.look(file.from) === "missing") {
    // Not even a review goes on without it, as it does without a binary: its text is what is reviewed.
    problems.add(at, file.from, { reason: `there is no such file (${view.files.absolute(file.from)})`, remedy: FROM });
    return undefined;
  }
  if (!checkFile(file.from, at, FROM, view, problems)) return undefined;
  const content = view.files.text(file.from);
  const textFault = content === undefined ? NOT_TEXT : (contentFault(content) ?? unicodeFault(content));
  const fault = privateFault(file.from, view) ?? textFault;
  if (fault) problems.add(at, file.from, fault);
  return content;
}

const NOT_TEXT = {
  reason: "this is not UTF-8 text",
  remedy: "put it on the node another way, and name its path in `args` or `env`",
};

/** The files with their text, or the names of their secrets. */
export function resolveConfigFiles({ configFiles = {}, reload }: ConfigFilesDeclaration, files: Files): ConfigFiles {
  const open: NonNullable<ConfigFiles["configFiles"]> = [];
  const secretFiles: NonNullable<ConfigFiles["secretFiles"]> = [];
  const named = Object.entries(configFiles).sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [name, { from, text: content, secret, version = "1" }] of named) {
    if (secret !== undefined) secretFiles.push({ name, secret, version });
    else open.push({ name, content: content ?? files.text(from!) ?? "" });
  }
  return {
    ...(open.length > 0 && { configFiles: open }),
    ...(secretFiles.length > 0 && { secretFiles }),
    ...(reload !== undefined && { reload }),
  };
}
