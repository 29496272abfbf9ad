/** Values of a unit file. */
import type { Fault } from "../checking/problem";
import { folders } from "../layout";
import { milliseconds } from "./duration";
import { textFault, userFault } from "./text";

/** Folders that the sandbox of a service hides: systemd.exec(5), `ProtectHome=`. */
const HIDDEN = ["/home", "/root", "/run/user"];

/** An absolute path on the node, as it is: systemd and the node program compare paths by their text. */
export function absolutePathFault(path: string): Fault | undefined {
  const remedy = "write the full path on the node, for example `/srv/shop`";
  if (!path.startsWith("/")) return { reason: "the path does not begin with `/`", remedy };
  if (path.split("/").some((step, at) => (step === "" && at > 0 && path !== "/") || step === "." || step === "..")) {
    return { reason: "the path has an empty step, `.` or `..` in it", remedy };
  }
  return textFault(path);
}

/** A path of a directive. systemd reads some of them in quotes and others not, so a path that would need quotes is refused. */
function directivePathFault(path: string): Fault | undefined {
  const odd = /[^A-Za-z0-9_@:,./+=~-]/u.exec(path);
  if (path.startsWith("/") && odd) {
    return {
      reason: `the path has ${JSON.stringify(odd[0])} in it, which not every directive of a unit can carry`,
      remedy: "name a folder, or a link to one, with letters, digits and `_@:,./+=~-` alone",
    };
  }
  return absolutePathFault(path);
}

/** A folder of the node in which a service starts. */
export const workingDirectoryFault = (path: string): Fault | undefined =>
  directivePathFault(path) ?? sandboxPathFault(path);

/** An absolute path on the node that a service in its sandbox can see. */
export function sandboxPathFault(path: string): Fault | undefined {
  const fault = absolutePathFault(path);
  if (fault) return fault;
  const hidden = HIDDEN.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (hidden === undefined) return undefined;
  return {
    reason: `a service cannot see \`${hidden}\`: its sandbox hides what belongs to people`,
    remedy: "put it elsewhere on the node, for example below `/srv` or `/opt`",
  };
}

/** The user of a service. */
export function unitUserFault(user: string): Fault | undefined {
  const remedy = "name a user of the node that owns no more than the service needs, or leave it out for one of its own";
  if (user === "root") return { reason: "a service as root could change everything on its node", remedy };
  if (user === "nobody")
    return { reason: "the kernel shows files of users that it does not know as this one's", remedy };
  return accountFault(user, remedy);
}

/** The group of a service. */
export function groupFault(group: string): Fault | undefined {
  const remedy = "name a group of the node that owns no more than the service needs, or leave it out";
  if (group === "root") return { reason: "root's group reads what is root's alone", remedy };
  return accountFault(group, remedy);
}

function accountFault(name: string, remedy: string): Fault | undefined {
  if (name === "consul") return { reason: "`consul` reads the tokens of every service of its node", remedy };
  if (name.startsWith("gatehouse-")) return { reason: "`gatehouse-` begins the names of other units' users", remedy };
  return userFault(name) && { reason: "this is not a name that a user or group can have", remedy };
}

/** Places that a service must not be able to change, whatever its user may: with one of them it could leave its sandbox. */
const KEPT = [
  ...["/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/proc", "/root", "/sbin", "/sys", "/usr"],
  ...[
    "/run/credentials",
    "/run/gatehouse",
    "/run/systemd",
    "/run/user",
    "/var/lib/private",
    "/var/lib/systemd",
    "/var/log/journal",
  ],
  ...[folders.gatehouse, folders.consulData, folders.backups],
];

/** A path that a service may write. */
export function writableFault(path: string): Fault | undefined {
  const fault = directivePathFault(path);
  if (fault) return fault;
  const within = (inner: string, outer: string) => outer === "/" || inner === outer || inner.startsWith(`${outer}/`);
  const kept = KEPT.find((folder) => within(path, folder) || within(folder, path));
  if (kept === undefined) return undefined;
  return {
    reason: `\`${kept}\` is in it: it belongs to the node, and no service may change it`,
    remedy: "name a folder of the service's data, for example `/srv/media`, or write `stateDirectory: true`",
  };
}

/** Signals that ask a program for something: signal(7), without those of faults and of the terminal. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGKILL"];

/** systemd.kill(5): `KillSignal=`. */
export function signalFault(signal: string): Fault | undefined {
  if (SIGNALS.includes(signal)) return undefined;
  return { reason: "this is not a signal that ends a program", remedy: `write one of ${SIGNALS.join(", ")}` };
}

/** systemd.service(5): `TimeoutStopSec=`. A deploy waits as long. */
export function stopTimeoutFault(duration: string): Fault | undefined {
  const [least, most] = [1_000, 15 * 60_000];
  const length = milliseconds(duration);
  if (length !== undefined && length >= least && length <= most) return undefined;
  return {
    reason:
      length === undefined ? "this is not a length of time" : "a deploy waits for the program to end: from 1s to 15m",
    remedy: "write digits and a unit, `s` or `m`, for example `30s`",
  };
}
