/** Where Consul is reached, and which of its entries for everyone the mesh writes. */
import type { OwnedEntry } from "../declaration";
import type { Fault, Problems } from "../problem";
import type { View } from "../view";

export function checkConsul({ declaration }: View, problems: Problems): void {
  const { consul } = declaration;
  if (consul && !isWritten(consul, "address") && !consul.addresses?.length && !isBroken(consul, "addresses")) {
    problems.add(["consul", "address"], undefined, {
      reason: "Terraform writes the config entries through Consul's HTTP API, and no address of it is declared",
      remedy: 'write `address: "10.0.0.10:8501"`, or several in `addresses`: the first that answers is used',
    });
  }
  if (consul?.owns === undefined || consul.existing === true) return;
  // A broken `existing` has its problem already.
  if (Object.hasOwn(consul, "existing") && consul.existing === undefined) return;
  problems.add(["consul", "owns"], consul.owns, {
    reason: "a mesh whose Consul agents Gatehouse sets up owns these entries anyway: no one else uses that Consul",
    remedy: "remove it; or write `existing: true` where Consul already runs on every node",
  });
}

const isWritten = (consul: object, field: string): boolean => Object.hasOwn(consul, field);

/** A broken value has its problem already. */
const isBroken = (consul: { addresses?: unknown }, field: "addresses"): boolean =>
  isWritten(consul, field) && consul[field] === undefined;

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
