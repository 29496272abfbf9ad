/** Deploys that are cut off, and what a mesh looks like after all. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { changes } from "../../../lab";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { cdktfCommand, withoutAccountBackups, withoutTokens } from "./mesh";

const machines = ["server1", "gateway1", "worker1", "worker2"];

/**
 * Begins a deploy and cuts it off.
 * @param seconds after its start
 * @param how SIGINT: as Ctrl-C does, to everything in the terminal. SIGKILL: cdktf, Terraform and its providers at once
 * @returns false when the deploy had ended before
 */
export async function cutOff(mesh: MeshDeclaration, seconds: number, how: "SIGINT" | "SIGKILL"): Promise<boolean> {
  const { file, command, env } = cdktfCommand(mesh, ["deploy", "cluster", "mesh", "--auto-approve"]);
  const child = spawn(file, command, { env, detached: true, stdio: "ignore" });
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  await Promise.race([ended, pause(seconds * 1000)]);
  if (child.exitCode !== null || !child.pid) return false;
  if (how === "SIGINT") process.kill(-child.pid, how);
  else for (const pid of [...descendantsOf(child.pid), child.pid]) tryKill(pid);
  await ended;
  return true;
}

/** Terraform runs in a terminal of its own, so its process group is another. */
function descendantsOf(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const children = (of: number): number[] =>
    parents.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...children(child)]);
  return children(pid);
}

function parentOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ")[1]);
  } catch {
    return 0; // it has ended
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

/** Whether Terraform has nothing to do, asked without cdktf's own seconds. */
export async function nothingPlanned(): Promise<string> {
  const texts = ["cluster", "mesh"].map(async (stack) => {
    const args = [`-chdir=cdktf.out/stacks/${stack}`, "plan", "-no-color", "-detailed-exitcode", "-input=false"];
    const { exitCode, stdout, stderr } = await output("terraform", args);
    return exitCode === 0 ? "" : `${stdout}\n${stderr}`;
  });
  return (await Promise.all(texts)).join("");
}

/** The state of every machine, without parts that change by themselves and earlier releases, which stay on purpose. */
export function everyMachine(): Record<string, string>[] {
  return machines.map((machine) => settled(changes(machine)));
}

/** The state of a machine, without parts that change by themselves; earlier releases, their order and routes included. */
export function settled(files: Record<string, string>): Record<string, string> {
  const before = /^\/opt\/consul\/|\/releases\/|\/instances\/[^/]+\/(history|routes)\.json$/;
  return Object.fromEntries(
    Object.entries(withoutTokens(withoutAccountBackups(files))).filter(([path]) => !before.test(path)),
  );
}

export const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
