/** Which checkout the lab on this host belongs to. Its keys and the secrets of its mesh are in that checkout alone. */
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { known } from "./known";
import { machinesFolder, privateKeyFile, projectFolder } from "./places";

/** A node of the lab, as it says whose it is. */
export interface LabNode {
  name: string;
  /** The folder of the checkout that made it. Undefined when an older version did, which did not write it down. */
  checkout?: string;
  /** Its file of ssh keys that may log in. Undefined when it has none. */
  authorized?: string;
}

/** The lab of another checkout. */
export interface OtherLab {
  /** Undefined when it is not known. This checkout's own folder when its keys were made again since. */
  folder?: string;
  /** Names of the nodes that are not this checkout's. */
  nodes: string[];
}

/** Undefined when all nodes belong to `here`. */
export function otherCheckout(
  nodes: LabNode[],
  here: { folder: string; key?: string },
  exists: (folder: string) => boolean,
): OtherLab | undefined {
  const foreign = nodes.filter(({ checkout, authorized }) => {
    if (authorized !== undefined && !(here.key && authorized.includes(here.key))) return true;
    if (checkout === undefined || checkout === here.folder) return false;
    // A checkout that was moved has kept its keys.
    return authorized === undefined || exists(checkout);
  });
  const folder = foreign.find(({ checkout }) => checkout !== undefined)?.checkout;
  return foreign.length > 0 ? { folder, nodes: foreign.map(({ name }) => name) } : undefined;
}

/** Looks at the nodes on this host, running or not. It needs root. */
export function labOfAnotherCheckout(): OtherLab | undefined {
  const made = known().filter(({ name }) => existsSync(join(machinesFolder, name, "upper")));
  const nodes = made.map(({ name }) => ({
    name,
    checkout: textOf(join(machinesFolder, name, "checkout"))?.trim(),
    authorized: textOf(join(machinesFolder, name, "upper", "root", ".ssh", "authorized_keys")),
  }));
  return otherCheckout(nodes, { folder: projectFolder, key: textOf(`${privateKeyFile}.pub`)?.trim() }, existsSync);
}

/** Undefined when there is no such file. A node may have put something else there, a pipe for instance. */
function textOf(file: string): string | undefined {
  try {
    return lstatSync(file).isFile() ? readFileSync(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** Why `npm run lab` does not go on. */
export function refusal({ folder, nodes }: OtherLab, here: string): string {
  const names = `(nodes: ${nodes.join(", ")})`;
  const reset = "  npm run lab:reset    here: makes the nodes as new for this checkout; then npm run lab";
  if (folder === here) {
    return [
      `The lab on this host ${names} has other ssh keys than this checkout, which made it: the keys were removed, or another checkout took the lab over.`,
      "So this checkout can neither log in to the nodes nor verify their certificates. Nothing was changed.",
      "Take the lab over, which loses what is on its nodes:",
      reset,
    ].join("\n");
  }
  return [
    `The lab of another checkout runs on this host${folder ? `: ${folder}` : ""} ${names}.`,
    "Its ssh keys and the secrets of its mesh are in that checkout, so this one can neither log in to the nodes nor verify their certificates.",
    "Nothing was changed. Either use that checkout, or take the lab over, which loses what is on its nodes:",
    `  npm run lab          in ${folder ?? "that checkout"}`,
    reset,
  ].join("\n");
}
