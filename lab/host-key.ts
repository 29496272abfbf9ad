/** The host key of a lab machine, for `meshes/lab.ts`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keysOf } from "./places";

/** Stands where the key would be until there is one; the check of the declaration shows it. */
export const noHostKey = "none yet: `npm run lab` makes it";

/** The machine's public host key, `ssh-ed25519 AAAA...`. */
export function hostKey(machine: string): string {
  try {
    const [type, key] = readFileSync(join(keysOf(machine), "ssh_host_ed25519_key.pub"), "utf8").split(" ");
    return `${type} ${key}`;
  } catch {
    return noHostKey;
  }
}
