/** Terraform's memory of the lab: worthless as soon as the machines that it describes are gone. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./keys";
import { bornOf } from "./known";
import { projectFolder, stateFolder } from "./places";

const recordFile = join(stateFolder, "born.json");

/** The state files of a mesh, as the stacks' local backend names them, with Terraform's backup of each. */
function stateFiles(mesh: string): string[] {
  const states = ["cluster", "mesh"].map((stack) => join(projectFolder, `terraform.${mesh}.${stack}.tfstate`));
  return states.flatMap((file) => [file, `${file}.backup`]).filter((file) => existsSync(file));
}

/** Forgets what was deployed to machines that are gone. */
export function forgetState(mesh: string): void {
  for (const file of stateFiles(mesh)) rmSync(file);
}

/** Whether a machine that existed last time has been made again. A new machine does not count. */
export function anyReplaced(before: Record<string, string> | undefined, now: Record<string, string>): boolean {
  return !before || Object.entries(now).some(([name, born]) => (before[name] ?? born) !== born);
}

/** Forgets the state when it speaks of machines that are gone. Says whether it did. */
export function forgetStateOfOthers(mesh: string, machines: Machine[]): boolean {
  const record = existsSync(recordFile)
    ? (JSON.parse(readFileSync(recordFile, "utf8")) as Record<string, Record<string, string>>)
    : {};
  const now = Object.fromEntries(machines.map(({ name }) => [name, bornOf(name)]));
  const stale = anyReplaced(record[mesh], now) && stateFiles(mesh).length > 0;
  if (stale) forgetState(mesh);
  writeFileSync(recordFile, JSON.stringify({ ...record, [mesh]: now }, null, 2));
  return stale;
}
