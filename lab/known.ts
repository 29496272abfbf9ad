/** Which machines the lab has, read from what their start wrote down. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./keys";
import { machinesFolder } from "./places";

/** How a machine was last started. */
export interface Spec {
  address: string;
  /** The shared root file system. */
  root: string;
  consul: string;
  envoy: string;
}

const specFile = (name: string): string => join(machinesFolder, name, "spec");

/** Throws when there is no such machine. */
export function specOf(name: string): Spec {
  if (!existsSync(specFile(name)))
    throw new Error(`There is no machine "${name}" in the lab. npm run lab:up makes them.`);
  const [address = "", root = "", consul = "", envoy = ""] = readFileSync(specFile(name), "utf8").split("\n");
  return { address, root, consul, envoy };
}

/** The machines there are, running or not. */
export function known(): Machine[] {
  if (!existsSync(machinesFolder)) return [];
  return readdirSync(machinesFolder)
    .filter((name) => existsSync(specFile(name)))
    .map((name) => ({ name, address: specOf(name).address }));
}

/** Changes when the machine is made again, not when it restarts. */
export function bornOf(name: string): string {
  return readFileSync(join(machinesFolder, name, "born"), "utf8").trim();
}
