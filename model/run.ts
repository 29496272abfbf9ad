/** The program of a service, with its arguments, environment and secrets. */
import { z } from "zod";
import { type Before, type BeforeDeclaration, beforeSchema, checkBefore, resolveBefore } from "./before";
import { combination, type None } from "./checking/combination";
import { field, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import type { Sound, View } from "./checking/view";
import {
  type ConfigFiles,
  type ConfigFilesDeclaration,
  checkConfigFiles,
  configFilesSchema,
  resolveConfigFiles,
} from "./config-file";
import type { ArtifactDeclaration, FilesDeclaration } from "./content";
import { checkDirectives, type Directives, type DirectivesDeclaration, resolveDirectives } from "./directives";
import type { Files } from "./files";
import { textFault, versionFault } from "./formats/text";
import {
  checkOtherProcess,
  isOthers,
  type OtherProcess,
  processSchema,
  resolveOtherProcess,
  type SameProcessDeclaration,
  type UnitOfOthersDeclaration,
} from "./process";
import {
  type BinaryDeclaration,
  type CommandDeclaration,
  checkProgram,
  type Program,
  type ProgramDeclaration,
  programSchema,
  resolveProgram,
} from "./program";
import { checkUnit, resolveUnit, type UnitDeclaration, type UnitSettings, unitSchema } from "./unit";

/**
 * The program of a service and how it runs; or a process that runs already, `unit` with the name of a unit or `sameProcessAs`, about
 * which nothing else can be said: the checks refuse it.
 */
export type RunDeclaration = Settings &
  (
    | OwnProcess
    | (UnitOfOthersDeclaration & None<AnyProgram & SameProcessDeclaration>)
    | (SameProcessDeclaration & None<AnyProgram & DirectivesDeclaration>)
  );

type OwnProcess = ProgramDeclaration & DirectivesDeclaration & None<SameProcessDeclaration>;
type Settings = SettingsDeclaration & UnitDeclaration & ConfigFilesDeclaration & BeforeDeclaration;
type AnyProgram = BinaryDeclaration & FilesDeclaration & ArtifactDeclaration & CommandDeclaration;

/** Arguments, environment and secrets of a program. */
export interface SettingsDeclaration {
  /**
   * Arguments, passed as they are: no shell and no systemd looks at them. In these, in `env` and in `command`, `%port` is the port
   * of the instance, `%health.port` that of its check and `%upstream.NAME.port` that of an upstream; `%%port` is the text `%port`,
   * and any other `%` is text. @default []
   */
  args?: string[];
  /** Environment variables, with the same placeholders. Not for secrets: Terraform's state has these values. @default {} */
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
export interface Run extends Program, OtherProcess, UnitSettings, ConfigFiles, Before, Directives {
  args: string[];
  env: Record<string, string>;
  /** Secret environment variables by name, in the order of their names. Their values are in the mesh's secrets. */
  secrets: { name: string; version: string }[];
}

const SECRET =
  'write `{ API_KEY: { version: "1" } }`; the value belongs into the mesh\'s secrets, see `npm run secrets`';

const secretSchema = z.strictObject({
  version: text('write a text that changes with the value, for example `"1"`', versionFault),
});

export const runSchema = combination<RunDeclaration>(
  z.strictObject({
    ...programSchema,
    args: field(
      z.array(text("write a string", textFault)),
      'write a list of strings, for example `["-listen", "9001"]`',
    ).optional(),
    env: field(
      z.record(z.string(), text("write a string", textFault)),
      'write an object of strings, for example `{ LOG: "info" }`',
    ).optional(),
    secrets: field(z.record(z.string(), field(secretSchema, SECRET)), SECRET).optional(),
    ...unitSchema,
    ...configFilesSchema,
    ...beforeSchema,
    ...processSchema,
  }) as never,
);

/** Each service has one program, which is there; no variable is both open and secret. */
export function checkRuns(view: View, problems: Problems): void {
  for (const [name, service] of view.services.entries) {
    const { run, memoryMax, cpuQuota } = service;
    const path = ["services", name, "run"];
    if (!run) continue;
    if (isOthers(run)) {
      checkOtherProcess(name, service, view, problems);
      continue;
    }
    const own = run as Sound<Settings & OwnProcess>;
    checkProgram(own, path, view, problems);
    checkSecrets(own, path, problems);
    checkConfigFiles(own, path, view, problems);
    checkBefore(own, path, view, problems);
    checkDirectives(own, path, problems);
    checkUnit(own, { memoryMax, cpuQuota }, path, problems);
  }
}

function checkSecrets({ env = {}, secrets = {} }: Sound<SettingsDeclaration>, path: Path, problems: Problems): void {
  for (const variable of Object.keys(secrets)) {
    if (!Object.hasOwn(env, variable)) continue;
    problems.add([...path, "secrets", variable], variable, {
      reason: `\`${variable}\` is in \`env\` too, where its value stands in the state`,
      remedy: "take it out of one of them",
    });
  }
}

/** Names under which the values of a service's secrets are in the mesh's secrets: of its variables and of its files, each once. */
export const secretNames = ({ secrets, secretFiles = [] }: Pick<Run, "secrets" | "secretFiles">): string[] => [
  ...new Set([...secrets.map(({ name }) => name), ...secretFiles.map(({ secret }) => secret)]),
];

/** Program, arguments and environment with their defaults. */
export function resolveRun(run: RunDeclaration, files: Files): Run {
  if (isOthers(run)) return { ...resolveOtherProcess(run), args: [], env: {}, secrets: [] };
  const own = run as Settings & OwnProcess;
  const { args = [], env = {}, secrets = {} } = own;
  return {
    ...resolveProgram(own, files),
    ...resolveUnit(own),
    ...resolveConfigFiles(own, files),
    ...resolveBefore(own),
    ...resolveDirectives(own),
    args: [...args],
    env: { ...env },
    secrets: Object.entries(secrets)
      .map(([name, { version }]) => ({ name, version }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  };
}
