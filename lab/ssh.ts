/** Running a command on a machine of the lab. */

import { type Output, output } from "../toolchain";
import { knownHostsFile } from "./keys";
import { specOf } from "./known";
import { privateKeyFile } from "./places";

/** Arguments for `ssh`. */
export function sshArguments(name: string): string[] {
  const options = [
    `UserKnownHostsFile=${knownHostsFile(name)}`,
    "GlobalKnownHostsFile=none",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "ConnectTimeout=2",
    "LogLevel=ERROR",
  ];
  const target = `root@${specOf(name).address}`;
  return ["-F", "none", "-i", privateKeyFile, ...options.flatMap((option) => ["-o", option]), target];
}

/** Runs a shell command as root and hands back what it said, whether it succeeded or not. */
export async function ssh(name: string, command: string, input?: string): Promise<Output> {
  return output("ssh", [...sshArguments(name), command], { input });
}
