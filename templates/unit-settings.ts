/** The settings of a service's unit, for its template. */
import { layout, type Service } from "../model";
import { filesFolder } from "./binary";
import { unitUser } from "./unit-user";

/** Directives of systemd.exec(5) by the field that asks for a folder. */
const FOLDERS = {
  stateDirectory: "StateDirectory",
  cacheDirectory: "CacheDirectory",
  logsDirectory: "LogsDirectory",
} as const;

/** Open files and processes of a service that declares none. */
const DEFAULTS = { openFiles: 65_536, tasks: 2048 };

/** Directives of systemd that are about a process which is to run for ever. */
export const OF_A_PROCESS_THAT_STAYS = /^(Restart|Watchdog|NotifyAccess)/;

export function settingsOf(service: Service) {
  const { name, user, group, workingDirectory, readWritePaths = [], stopSignal, stopTimeout } = service;
  const asksFor = (field: string): field is keyof typeof FOLDERS => service[field as keyof typeof FOLDERS] === true;
  return {
    // A user of the node may own more than this service: nothing of its is removed with the unit.
    ownUser: user !== undefined,
    user: user ?? unitUser(name),
    group: group ?? null,
    workingDirectory: workingDirectory ?? filesFolder(service) ?? null,
    config:
      service.configFiles || service.secretFiles
        ? { folder: layout.configFolder(name), seen: layout.seenConfig }
        : null,
    folders: Object.keys(FOLDERS)
      .filter(asksFor)
      .map((field) => ({ directive: FOLDERS[field], name: layout.ownFolder(name) })),
    readWritePaths,
    directives: { Unit: service.unit?.Unit ?? [], Service: service.unit?.Service ?? [] },
    stopSignal: stopSignal ?? null,
    stopTimeout: stopTimeout ?? null,
    memoryMax: service.memoryMax ?? null,
    cpuQuota: service.cpuQuota ?? null,
    openFiles: service.openFiles ?? DEFAULTS.openFiles,
    tasks: service.tasks ?? DEFAULTS.tasks,
  };
}
