/** The work that is timed, on machines whose agents run and that have nothing of a mesh yet. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { forgetState, machinesOf, reset } from "../../lab";
import { output } from "../../toolchain";
import type { Declared } from "./declared";
import mesh from "./mesh";
import type { Peers } from "./peer";
import { oursEnv, type Tool } from "./tool";

/** The timed change. `change`: a setting of the first frontend; `add`: one service more. */
export const WORKS = ["deploy", "nothing", "change", "add"] as const;
export type Work = (typeof WORKS)[number];

/** One timed run. */
export interface Timing {
  tool: string;
  services: number;
  work: Work;
  /** From the start of the command to its end. */
  seconds: number;
  /** Deploy only: until every frontend had answered with 200. */
  answered?: number;
  /** Change and add: requests sent and not answered with 200. */
  sent?: number;
  failed?: number;
}

const GATEWAY = "http://10.77.0.11:8080/";

/** Fresh machines with Consul's agents on them, however they are deployed to later. */
async function freshMachines(): Promise<void> {
  forgetState(mesh.name);
  await reset(machinesOf(mesh));
  const args = ["bin/gatehouse.js", "exec", "cdktf", "deploy", "cluster", "--auto-approve"];
  const { exitCode, stdout, stderr } = await output(
    process.execPath,
    args,
    {},
    { env: oursEnv({ services: 2 }, true) },
  );
  if (exitCode !== 0) throw new Error(`the agents could not be set up:\n${stdout}\n${stderr}`.slice(-3000));
  forgetState(mesh.name);
}

/** Does all the work once with one tool. */
export async function measure(
  tool: Tool,
  services: number,
  peers: Peers,
  times: (timing: Timing) => void,
): Promise<void> {
  const note = (work: Work, rest: Omit<Timing, "tool" | "services" | "work">) =>
    times({ tool: tool.name, services, work, ...rest });
  await freshMachines();
  const answering = answers(peers, services);
  const deployed = await timed(tool, { services });
  note("deploy", { seconds: deployed, answered: await answering });
  note("nothing", { seconds: await timed(tool, { services }) });
  const revision = String(Date.now());
  note("change", await underLoad(peers, () => timed(tool, { services, revision })));
  note("add", await underLoad(peers, () => timed(tool, { services, revision, added: true })));
}

/** Seconds that the tool needed. Throws when it failed. */
async function timed(tool: Tool, declared: Declared): Promise<number> {
  await tool.prepare(declared);
  const begin = performance.now();
  const { exitCode, stdout, stderr } = await tool.apply(declared);
  const seconds = (performance.now() - begin) / 1000;
  if (exitCode !== 0) throw new Error(`${tool.name} failed (exit ${exitCode}):\n${stdout}\n${stderr}`.slice(-4000));
  return seconds;
}

/** Seconds until every frontend has answered with 200 through the gateway. */
async function answers(peers: Peers, services: number): Promise<number> {
  const others = Array.from({ length: services }, (_, i) => i + 1).filter((i) => i > 1 && i % 2 === 1);
  const hosts = ["mesh.test", ...others.map((i) => `svc${i}.mesh.test`)];
  const { stdout } = await output(peers.meshload, ["wait", GATEWAY, ...hosts]);
  return Number(stdout.split(" ")[1]);
}

/** 100 requests a second to the first frontend, from two seconds before the work to three after it. */
async function underLoad(
  peers: Peers,
  work: () => Promise<number>,
): Promise<{ seconds: number; sent: number; failed: number }> {
  const load = spawn(peers.meshload, ["load", GATEWAY, "100", "180"], { stdio: ["ignore", "pipe", "inherit"] });
  let report = "";
  load.stdout.on("data", (part: Buffer) => {
    report += part.toString();
  });
  const ended = once(load, "close");
  try {
    await sleep(2000);
    const seconds = await work();
    await sleep(3000);
    load.kill("SIGINT");
    await ended;
    const { sent, failed } = JSON.parse(report) as { sent: number; failed: number };
    return { seconds, sent, failed };
  } finally {
    load.kill("SIGKILL");
  }
}
