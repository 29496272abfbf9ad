/** How synth and plan grow with the declaration. No machine is touched. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { COMPLETE, chooseProviders } from "../../terraform";
import { run } from "../../toolchain";
import { oursEnv } from "./tool";

/** One synth. */
export interface Synth {
  services: number;
  seconds: number;
  /** Most memory in use at once, in MiB. */
  peak: number;
  /** Size of `cdk.tf.json`, in MiB. */
  size: number;
}

const MIB = 1024 * 1024;

/** Synthesizes the mesh with so many services once, into a folder of its own. */
export async function synth(services: number): Promise<Synth> {
  return inFolder(async (folder) => {
    const begin = performance.now();
    const peak = await synthInto(folder, services);
    const seconds = (performance.now() - begin) / 1000;
    const size = statSync(join(folder, "stacks", "mesh", "cdk.tf.json")).size / MIB;
    return { services, seconds, peak, size };
  });
}

/** Seconds of the first `terraform plan`: nothing is deployed yet. */
export async function plan(services: number): Promise<number> {
  const { env } = await chooseProviders(() => {});
  return inFolder(async (folder) => {
    await synthInto(folder, services);
    const options = { cwd: join(folder, "stacks", "mesh"), env };
    await run("terraform", ["init", "-input=false"], options);
    const begin = performance.now();
    await run("terraform", ["plan", "-input=false"], options);
    return (performance.now() - begin) / 1000;
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-scale-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The peak of its memory in MiB. */
async function synthInto(folder: string, services: number): Promise<number> {
  const env = { ...oursEnv({ services }), ...COMPLETE, CDKTF_OUTDIR: folder };
  const child = spawn(process.execPath, ["--import", "tsx", resolve("main.ts")], { env, stdio: "inherit" });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid) ?? 0);
  }, 20);
  const [code] = await once(child, "close");
  clearInterval(watch);
  if (code !== 0) throw new Error(`the synth of ${services} services failed (exit ${code})`);
  return peak;
}

/** The most memory that a process has used, by Linux's count, in MiB. Undefined when the process has ended. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024; // 0 of one that just ended
  } catch {
    return undefined;
  }
}
