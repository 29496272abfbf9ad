/**
 * `npm run state -- move FROM TO` moves the states of a mesh from one backend to another (`local`, `cloud`, `pg` ...), each as
 * the environment describes it. No machine is touched. What was in the old place is emptied, so that nobody deploys
 * with it by mistake; its history stays where the backend keeps one.
 *
 * `npm run state -- recover [--auto-approve]` makes a lost state again: see doctor/recover/cli.ts and docs/recovery.md.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./command";
import { claimFolder } from "./one-run";
import { output } from "./process";
import { chooseProviders } from "./provider-choice";
import { outputFolder } from "./settle";
import { emptied, moved, type State } from "./state-content";
import { runHere } from "./with-terminal";

const USAGE =
  "Write: npm run state -- move FROM TO, for example: npm run state -- move local cloud; or, when the state is lost: npm run state -- recover";

async function main([command, from, to, ...rest]: string[]): Promise<void> {
  if (command === "recover") {
    const args = [from, to, ...rest].filter((arg) => arg !== undefined);
    process.exitCode = await runHere(
      process.execPath,
      ["--import", "tsx", "doctor/recover/cli.ts", ...args],
      process.env,
    );
    return;
  }
  if (command !== "move" || !from || !to || rest.length > 0) throw new Error(USAGE);
  if (from === to) throw new Error(`The states are in ${from} already.`);
  await claimFolder(outputFolder(), `state move ${from} ${to}`);
  const { env } = await chooseProviders((line) => console.error(line));
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-states-")); // of this user alone: a state can hold secrets
  try {
    for (const stack of await stacksIn(from, join(folder, "from"), env)) await moveOne(stack, folder, from, to, env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Terraform's settings of each stack with this backend, as `synth` writes them; returns the stacks' names. */
async function stacksIn(backend: string, outdir: string, env: Record<string, string>): Promise<string[]> {
  mkdirSync(outdir);
  const synthEnv = { ...env, GATEHOUSE_BACKEND: backend, CDKTF_OUTDIR: outdir };
  await run(process.execPath, ["--import", "tsx", "main.ts"], { env: synthEnv });
  return readdirSync(join(outdir, "stacks"));
}

async function moveOne(stack: string, folder: string, from: string, to: string, env: Record<string, string>) {
  const before = await open(join(folder, "from"), stack, env);
  const state = await before.pull();
  if (!state || state.resources.length === 0) {
    console.log(`${stack}: nothing in ${from}`);
    return;
  }
  const outdir = join(folder, `to-${stack}`);
  await stacksIn(to, outdir, env);
  const after = await open(outdir, stack, env);
  const there = await after.pull();
  const arrived = moved(state, there, stack, to);
  await after.push(arrived);
  try {
    await before.push(emptied(state));
  } catch (error) {
    await after.push(emptied(arrived)); // a deploy has changed the old one meanwhile: that is the one to believe
    throw new Error(
      `${stack} was not moved, since its state in ${from} could not be taken away:\n${(error as Error).message}`,
    );
  }
  // Terraform's note of where the state was: with it, the next run would ask to move it once more.
  rmSync(join(outputFolder(), "stacks", stack, ".terraform", "terraform.tfstate"), { force: true });
  console.log(`${stack}: ${state.resources.length} resources moved from ${from} to ${to}`);
}

/** Terraform in a folder that knows where the state is, and nothing else. */
async function open(outdir: string, stack: string, env: Record<string, string>) {
  const folder = join(outdir, "only-state", stack);
  mkdirSync(folder, { recursive: true });
  const { terraform } = JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
  const { backend, cloud } = terraform;
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform: cloud ? { cloud } : { backend } }));
  const terraformIn = async (...args: string[]) => {
    const done = await output("terraform", [...args], {}, { cwd: folder, env: { ...process.env, ...env } });
    if (done.exitCode !== 0) throw new Error(`terraform ${args.join(" ")} (${stack}):\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
  };
  await terraformIn("init", "-input=false", "-no-color");
  return {
    /** Undefined where there is none yet. */
    async pull(): Promise<State | undefined> {
      const text = await terraformIn("state", "pull");
      return text.trim() === "" ? undefined : (JSON.parse(text) as State);
    },
    async push(state: State): Promise<void> {
      writeFileSync(join(folder, "state"), JSON.stringify(state, null, 2), { mode: 0o600 });
      await terraformIn("state", "push", "-lock-timeout=2m", "state");
    },
  };
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
