/** Where the lab keeps what it makes. */
import { join, resolve } from "node:path";

/** The folder of the clone. */
export const projectFolder = resolve(__dirname, "..");

/** Keys of this clone. */
export const stateFolder = join(projectFolder, "lab", ".state");

/** The private key that opens every machine of the lab. */
export const privateKeyFile = join(stateFolder, "id_ed25519");

/** Files of the machines, in one folder each. There is one lab on a host; `checkout.ts` tells whose it is. */
export const machinesFolder = "/var/lib/gatehouse-lab";

/** The folder of one machine's keys. */
export const keysOf = (machine: string): string => join(stateFolder, machine);

/** A script of this room. */
export const script = (name: string): string => join(projectFolder, "lab", name);
