/** Which machines the lab is asked for, and what of that it refuses. */
import type { MeshDeclaration } from "../model";
import type { Machine } from "./keys";

/** The machines of a declaration. */
export function machinesOf(mesh: Pick<MeshDeclaration, "nodes">): Machine[] {
  return Object.entries(mesh.nodes).map(([name, { address }]) => ({ name, address }));
}

const labAddress = /^10\.77\.0\.(?:[2-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$/;
const machineName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Throws unless the lab can make these machines. */
export function checkMachines(machines: Machine[]): void {
  const taken = new Map<string, string>();
  for (const { name, address } of machines) {
    if (!machineName.test(name)) throw new Error(`The lab cannot make a machine named "${name}": use a-z, 0-9 and -.`);
    if (!labAddress.test(address)) {
      throw new Error(`${name} has the address ${address}: the lab's machines are 10.77.0.2 to 10.77.0.254.`);
    }
    const other = taken.get(address);
    if (other) throw new Error(`${other} and ${name} have the same address ${address}.`);
    taken.set(address, name);
  }
}

/** The `/etc/hosts` of every machine. */
export function hostsFile(machines: Machine[]): string {
  const local = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"];
  return [...local, ...machines.map(({ name, address }) => `${address} ${name}`), ""].join("\n");
}
