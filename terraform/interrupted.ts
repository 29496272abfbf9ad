/**
 * After a deploy that was killed, what its state says cannot be believed. Terraform notes a resource as created before
 * its provisioners have run, and writes that down as soon as any other resource is done: killed then, it would never run
 * them again. So whatever that deploy claims to have created is marked as tainted: the next one runs those programs
 * again, which changes nothing where they had done their work.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { namedTerraform } from "./env";

interface State {
  serial: number;
  resources: { type: string; name: string; instances: Instance[] }[];
}

interface Instance {
  status?: string;
  deposed?: string;
  attributes: { id?: string };
}

/** The repair of a deploy that was killed. */
export interface Repaired {
  /** The names of the resources whose programs will run again. */
  again: string[];
  /** Whether the state was lost: what the killed deploy made in Consul is in none. */
  lost: boolean;
}

/** Whether the last run that changed this local state was killed. It may also be one that still runs. */
export function wasKilled(path: string): boolean {
  // Terraform makes this file when it takes the state's lock and removes it in the end; the lock itself dies with it.
  const note = noteOf(path);
  return existsSync(note) && /"Operation":"OperationTypeApply"/.test(readFileSync(note, "utf8"));
}

/**
 * Repairs the state of a deploy that was killed: nothing happens when there was none, or when it still runs. Terraform empties
 * the file of the state each time before it writes a resource down. Killed in between, it leaves an empty one, and the state
 * before that deploy takes its place: the deploy may have changed whatever is in it.
 * @param path of a local state
 */
export function repairInterrupted(path: string): Repaired | undefined {
  if (!wasKilled(path)) return undefined;
  const lost = existsSync(path) && readFileSync(path, "utf8").trim() === "";
  const before = readState(`${path}.backup`);
  const state = lost ? before : readState(path);
  if (!state) return lost ? { again: [], lost } : undefined;
  const known = new Set(lost ? [] : instancesOf(before).map(({ attributes }) => attributes.id));
  const begun = programsOf(state).filter(({ instance }) => !known.has(instance.attributes.id));
  for (const { instance } of begun) instance.status = "tainted";
  if (!push(path, { ...state, serial: state.serial + 1 })) return undefined;
  rmSync(noteOf(path), { force: true });
  return { again: begun.map(({ name }) => name), lost };
}

const noteOf = (path: string): string => join(dirname(path), `.${basename(path)}.lock.info`);

/** Resources with provisioners, as far as they count as done. Terraform looks after all others when it refreshes. */
function programsOf(state: State): { name: string; instance: Instance }[] {
  return state.resources
    .filter(({ type }) => type === "null_resource")
    .flatMap(({ name, instances }) => instances.map((instance) => ({ name, instance })))
    .filter(({ instance }) => !instance.status && !instance.deposed);
}

const instancesOf = (state: State | undefined): Instance[] =>
  (state?.resources ?? []).flatMap(({ instances }) => instances);

/** A local state. Undefined when there is none, or none that can be read. */
export function readState(path: string): State | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as State;
  } catch {
    return undefined;
  }
}

/** Terraform itself writes it, under the lock: when that is held, the deploy is not dead after all. */
function push(path: string, state: State): boolean {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-state-"));
  try {
    // Without any configuration the state is this file, and there is nothing to initialize.
    symlinkSync(resolve(path), join(folder, "terraform.tfstate"));
    writeFileSync(join(folder, "repaired"), JSON.stringify(state, null, 2));
    return terraform(folder, "state", "push", "repaired");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function terraform(cwd: string, ...args: string[]): boolean {
  const kept = Object.entries(process.env).filter(([name]) => !/^TF_(CLI_ARGS|DATA_DIR|WORKSPACE)/.test(name));
  return (
    spawnSync(namedTerraform() ?? "terraform", args, { cwd, env: Object.fromEntries(kept), stdio: "ignore" }).status ===
    0
  );
}
