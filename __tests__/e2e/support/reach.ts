/** Which TCP ports a user of a node can connect to. */
import { mainPid, on } from "./mesh";

/** `uid gid` of the user "nobody": no program of the node's own has it. */
export const STRANGER = "65534 65534";

/** `uid gid` of the user that systemd made for a unit. */
export async function userOf(machine: string, unit: string): Promise<string> {
  return on(machine, `stat -c '%u %g' /proc/${await mainPid(machine, unit)}`);
}

/** Puts a command in front of words of bash, so that it runs as a user. */
export function as(user: string): string {
  const [uid, gid] = user.split(" ");
  return `setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs`;
}

/** Every address at which something on the machine listens, as its own programs reach it. */
async function listening(machine: string): Promise<string[]> {
  const addresses = (await on(machine, "ss -Hltn | awk '{ print $4 }'")).split("\n");
  const own = addresses.map((address) => address.replace(/^(0\.0\.0\.0|\*|\[::\]):/, "127.0.0.1:"));
  return [...new Set(own)].sort();
}

/** Those of addresses at which the user is answered. */
export async function reached(machine: string, user: string, addresses: string[]): Promise<string[]> {
  const tries = addresses.map((address) => {
    const at = address.lastIndexOf(":");
    return `(exec 3<>/dev/tcp/${address.slice(0, at)}/${address.slice(at + 1)}) 2>/dev/null && echo ${address}`;
  });
  const text = await on(machine, `${as(user)} timeout 60 bash -c '${tries.join("\n")}\ntrue'`);
  return text.split("\n").filter(Boolean);
}

/** Tries everything that listens on the machine, as a user of it. */
export async function reachedAtHome(machine: string, user: string): Promise<string[]> {
  return reached(machine, user, await listening(machine));
}

/** Addresses at which another machine listens for the network. */
export async function openToTheNetwork(machine: string, address: string): Promise<string[]> {
  const all = (await on(machine, "ss -Hltn | awk '{ print $4 }'")).split("\n");
  return all
    .filter((one) => !one.startsWith("127.") && !one.startsWith("[::1]"))
    .map((one) => `${address}:${one.slice(one.lastIndexOf(":") + 1)}`);
}
