/** How systemd runs the program of a service: as which user, where, with which folders and limits. */
import { z } from "zod";
import { count, field, flag, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import type { Sound } from "./checking/view";
import {
  groupFault,
  signalFault,
  stopTimeoutFault,
  unitUserFault,
  workingDirectoryFault,
  writableFault,
} from "./formats/unit";
import { type CpuShare, type Limits, limitsOf, limitsSchema, type Memory } from "./limits";

/** Fields of `run`, in the words of systemd.exec(5), systemd.kill(5) and systemd.resource-control(5). */
export interface UnitDeclaration {
  /**
   * An existing user of the node. Not root, and none that reads Consul's files. systemd: `User`.
   * @default a user that exists only while the service runs, and owns nothing of the node
   */
  user?: string;
  /** An existing group of the node. systemd: `Group`. @default the user's own */
  group?: string;
  /** An existing folder of the node, in which the program starts. systemd: `WorkingDirectory`. @default "/" */
  workingDirectory?: string;
  /**
   * The service has `/var/lib/gatehouse-SERVICE` to itself, and finds that path in `$STATE_DIRECTORY`. Its files survive releases,
   * and a removal of the service unless `purge`. systemd: `StateDirectory`. @default false
   */
  stateDirectory?: boolean;
  /** The same for `/var/cache/gatehouse-SERVICE`, `$CACHE_DIRECTORY`. systemd: `CacheDirectory`. @default false */
  cacheDirectory?: boolean;
  /** The same for `/var/log/gatehouse-SERVICE`, `$LOGS_DIRECTORY`. systemd: `LogsDirectory`. @default false */
  logsDirectory?: boolean;
  /** The three folders are removed together with the instance, for good. @default false */
  purge?: boolean;
  /**
   * Existing folders or files of the node that the service may write, as far as its user may. Everything else is read-only for
   * it. systemd: `ReadWritePaths`. @default []
   */
  readWritePaths?: string[];
  limits?: UnitLimitsDeclaration;
  /** The signal that asks the program to end: `SIGINT`. systemd: `KillSignal`. @default "SIGTERM" */
  stopSignal?: string;
  /** How long the program may take to end, before it is killed: `1s` to `15m`. systemd: `TimeoutStopSec`. @default "90s" */
  stopTimeout?: string;
}

/** Limits of all processes of a service together. */
export interface UnitLimitsDeclaration {
  /** They are ended when they take more than this, and started again. systemd: `MemoryMax`. @default no limit */
  memoryMax?: Memory;
  /** systemd: `CPUQuota`. @default no limit */
  cpuQuota?: CpuShare;
  /** Files and connections that a process may have open. systemd: `LimitNOFILE`. @default 65536 */
  openFiles?: number;
  /** Processes and threads. systemd: `TasksMax`. @default 2048 */
  tasks?: number;
}

/** The same in the checked mesh; what is not declared is not there. */
export interface UnitSettings extends Omit<UnitDeclaration, "limits">, Limits {
  openFiles?: number;
  tasks?: number;
}

/** The folders that systemd makes for a service, by the field that asks for one. */
export const OWN_FOLDERS = {
  stateDirectory: "/var/lib",
  cacheDirectory: "/var/cache",
  logsDirectory: "/var/log",
} as const;

const MOST_FILES = 1_048_576;
const MOST_TASKS = 4_194_304;

export const unitSchema = {
  user: text("name an existing user of the node, for example `www-data`", unitUserFault).optional(),
  group: text("name an existing group of the node, for example `www-data`", groupFault).optional(),
  workingDirectory: text(
    "write an existing folder of the node, for example `/srv/shop`",
    workingDirectoryFault,
  ).optional(),
  stateDirectory: flag().optional(),
  cacheDirectory: flag().optional(),
  logsDirectory: flag().optional(),
  purge: flag().optional(),
  readWritePaths: field(
    z.array(text("write a full path on the node, for example `/srv/media`", writableFault)),
    'list full paths on the node, for example `["/srv/media"]`',
  ).optional(),
  limits: field(
    z.strictObject({
      ...limitsSchema,
      openFiles: count(64, MOST_FILES).optional(),
      tasks: count(1, MOST_TASKS).optional(),
    }),
    'write `{ memoryMax: "512M", cpuQuota: "50%", openFiles: 65536, tasks: 2048 }`, or some of them',
  ).optional(),
  stopSignal: text("write a signal, for example `SIGINT`", signalFault).optional(),
  stopTimeout: text("write a length of time, for example `30s`", stopTimeoutFault).optional(),
};

/** Fields that only make sense together, and the limits that have two places. */
export function checkUnit(run: Sound<UnitDeclaration>, service: Sound<Limits>, path: Path, problems: Problems): void {
  const folders = Object.keys(OWN_FOLDERS) as (keyof typeof OWN_FOLDERS)[];
  if (run.purge === true && !folders.some((folder) => Object.hasOwn(run, folder) && run[folder] !== false)) {
    problems.add([...path, "purge"], true, {
      reason: "the service has no folder that could be removed with it",
      remedy: "remove `purge`, or write `stateDirectory: true`",
    });
  }
  for (const limit of ["memoryMax", "cpuQuota"] as const) {
    if (run.limits?.[limit] === undefined || service[limit] === undefined) continue;
    problems.add([...path, "limits", limit], run.limits[limit], {
      reason: `the service has \`${limit}\` already, next to \`run\``,
      remedy: "keep the one in `run.limits`",
    });
  }
}

/** The declared settings; `false` and an empty list are as good as nothing. */
export function resolveUnit({ limits = {}, ...run }: UnitDeclaration): UnitSettings {
  const { openFiles, tasks } = limits;
  const settings = { ...picked(run), ...limitsOf(limits), openFiles, tasks };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => isSet(value))) as UnitSettings;
}

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

function picked({
  user,
  group,
  workingDirectory,
  stateDirectory,
  cacheDirectory,
  logsDirectory,
  purge,
  readWritePaths,
  stopSignal,
  stopTimeout,
}: Omit<UnitDeclaration, "limits">): Omit<UnitDeclaration, "limits"> {
  const folders = { stateDirectory, cacheDirectory, logsDirectory };
  return { user, group, workingDirectory, ...folders, purge, readWritePaths, stopSignal, stopTimeout };
}
