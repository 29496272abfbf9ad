/**
 * Throw-away machines: systemd-nspawn containers with their own systemd, sshd and network namespace.
 *
 * They go on running when the process that started them ends. Everything here may be called again at any time.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { output, part, type Report, run } from "../toolchain";
import { forgetMesh } from "./chosen";
import { checkMachines, hostsFile } from "./declared";
import { type Machine, makeKeys } from "./keys";
import { known, specOf } from "./known";
import { script, stateFolder } from "./places";
import { ssh } from "./ssh";

export type { Output } from "../toolchain";
export { changes } from "./changes";
export type { Machine } from "./keys";
export { known } from "./known";
export { ssh, sshArguments } from "./ssh";

const quiet: Report = () => {};

async function machine(verb: string, name: string, ...rest: string[]): Promise<void> {
  await run(script("machine.sh"), [verb, name, ...rest]);
}

/** The read-only root that all machines share; makes it the first time, which takes half a minute. Its path. */
export async function sharedRoot(report: Report = quiet): Promise<string> {
  const { stdout, stderr, exitCode } = await output(script("root.sh"), [], {
    onLine: (line, from) => from === "stderr" && report(line),
  });
  if (exitCode !== 0) throw new Error(`The machines' file system could not be made:\n${stderr}`);
  return stdout;
}

/**
 * Starts these machines, or makes the running ones fit, and waits until each answers over ssh. Others stay as they
 * are. What a machine wrote before is still there.
 */
export async function up(machines: Machine[], report: Report = quiet): Promise<void> {
  checkMachines(machines);
  const consul = await part("consul", report);
  const envoy = await part("envoy", report);
  const root = await sharedRoot(report);
  await makeKeys(machines);
  const names = new Set(machines.map(({ name }) => name));
  writeFileSync(
    join(stateFolder, "hosts"),
    hostsFile([...machines, ...known().filter(({ name }) => !names.has(name))]),
  );
  await run(script("network.sh"), ["up"]);
  await Promise.all(
    machines.map(async ({ name, address }) => {
      await machine("up", name, address, root, consul, envoy, stateFolder);
      await reachable(name);
      report(`${name} (${address}) is up`);
    }),
  );
}

/** Machines as if new, without what was written on them. @default all that there are */
export async function reset(machines: Machine[] = known(), report: Report = quiet): Promise<void> {
  await Promise.all(machines.map(({ name }) => machine("wipe", name)));
  await up(machines, report);
}

/** Takes everything away but the shared root and the keys. */
export async function down(): Promise<void> {
  await run(script("down.sh"), []);
  forgetMesh();
}

/** Takes one machine away. */
export const remove = (name: string): Promise<void> => machine("remove", name);

/** Waits until the machine answers over ssh. `timeout` in milliseconds. */
export async function reachable(name: string, timeout = 30_000): Promise<void> {
  const end = Date.now() + timeout;
  for (;;) {
    const { exitCode, stderr } = await ssh(name, "true");
    if (exitCode === 0) return;
    if (Date.now() > end) throw new Error(`${name} does not answer over ssh: ${stderr}`);
    await sleep(100);
  }
}

/** Restarts the machine in an orderly way and waits until it answers again. */
export async function reboot(name: string): Promise<void> {
  const before = await bootId(name);
  await machine("reboot", name);
  const end = Date.now() + 60_000;
  for (let now = before; now === before || now === ""; now = await bootId(name)) {
    if (Date.now() > end) throw new Error(`${name} did not come back from its reboot`);
    await sleep(100);
  }
}

/** Empty while the machine does not answer. */
async function bootId(name: string): Promise<string> {
  return (await ssh(name, "cat /proc/sys/kernel/random/boot_id")).stdout;
}

/** Cuts the power: no process gets to say goodbye. */
export const kill = (name: string): Promise<void> => machine("kill", name);

/** Shuts the machine down. */
export const stop = (name: string): Promise<void> => machine("stop", name);

/** Switches a stopped or killed machine on again and waits until it answers. */
export async function start(name: string): Promise<void> {
  const { address, root, consul, envoy } = specOf(name);
  await machine("up", name, address, root, consul, envoy, stateFolder);
  await reachable(name);
}

/** Pulls the network cable. */
export const linkDown = (name: string): Promise<void> => machine("link", name, specOf(name).address, "down");

/** Plugs it in again. */
export const linkUp = (name: string): Promise<void> => machine("link", name, specOf(name).address, "up");
