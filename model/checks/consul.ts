/** Which of Consul's entries for everyone the mesh writes. */
import type { OwnedEntry } from "../declaration";
import type { Fault, Problems } from "../problem";
import type { View } from "../view";

export function checkConsul({ declaration }: View, problems: Problems): void {
  const { consul } = declaration;
  if (consul?.owns === undefined || consul.existing === true) return;
  // A broken `existing` has its problem already.
  if (Object.hasOwn(consul, "existing") && consul.existing === undefined) return;
  problems.add(["consul", "owns"], consul.owns, {
    reason: "a mesh whose Consul agents Gatehouse sets up owns these entries anyway: no one else uses that Consul",
    remedy: "remove it; or write `existing: true` where Consul already runs on every node",
  });
}

/** Why an entry for everyone cannot be changed here, or undefined where the mesh owns it or where `owns` is broken. */
export function notOwned({ declaration: { consul } }: View, entry: OwnedEntry, remedy: string): Fault | undefined {
  if (consul?.existing !== true || (Object.hasOwn(consul, "owns") && consul.owns === undefined)) return undefined;
  if (consul.owns?.includes(entry)) return undefined;
  return {
    reason: `${ENTRY[entry]} is for every service of a Consul that was there before (consul.existing), and this mesh does not own it`,
    remedy,
  };
}

const ENTRY: Record<OwnedEntry, string> = {
  "proxy-defaults": "`proxy-defaults/global`",
  "default-deny": "the intention on `*`",
  mesh: "`mesh/mesh`",
};
