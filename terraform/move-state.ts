/** Moves the states of a mesh from one backend to another, each as the environment describes it. No node is touched. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimFolder } from "./claim";
import { open, stacksIn } from "./open-state";
import { chooseProviders } from "./provider-choice";
import { outputFolder } from "./settle";
import { emptied, moved } from "./state-content";

/**
 * Moves the state of every stack. The old place is emptied, so that no deploy uses it by mistake; its history stays
 * where the backend keeps one.
 */
export async function moveStates(from: string, to: string): Promise<void> {
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
