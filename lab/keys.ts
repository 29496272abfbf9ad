/** The keys of the lab: one to come in with, and one a machine by which it is known. Made once, kept across resets. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostKeyFrom } from "../model";
import { run } from "../toolchain";
import { keysOf, privateKeyFile, stateFolder } from "./places";

/** One machine of the lab. */
export interface Machine {
  name: string;
  /** In 10.77.0.0/24, from .2 to .254. */
  address: string;
}

async function makeKey(file: string, comment: string): Promise<void> {
  if (!existsSync(file)) await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
}

/** The file with which ssh compares a machine's key. */
export const knownHostsFile = (machine: string): string => join(keysOf(machine), "known_hosts");

/** Makes the keys that are not there yet. */
export async function makeKeys(machines: Machine[]): Promise<void> {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  await makeKey(privateKeyFile, "gatehouse-lab");
  for (const { name, address } of machines) {
    mkdirSync(keysOf(name), { recursive: true, mode: 0o700 });
    await makeKey(join(keysOf(name), "ssh_host_ed25519_key"), name);
    writeFileSync(knownHostsFile(name), `${address} ${hostKeyFrom(join(keysOf(name), "ssh_host_ed25519_key.pub"))}\n`);
  }
}
