import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../toolchain";
import { hasLocalState } from "./local-state";
import { lockedStacks, placeLocks } from "./lock-file";
import type { ProviderChoice } from "./provider-choice";
import { isThrowAway, standInsChosen } from "./stand-ins";

const OTHERS = "registry";

/**
 * Makes Terraform install the chosen providers again where an earlier run installed others: it keeps what is installed,
 * and refuses whatever its lock file does not know. That one is the project's, where the project has one.
 * @param output cdktf's output folder, with its `stacks`
 * @throws where others made a state and the stand-ins are chosen now: nothing is removed
 */
export function settleProviders(output: string, choice: ProviderChoice): void {
  settle(output, choice);
  placeLocks(output, choice);
}

function settle(output: string, choice: ProviderChoice): void {
  const marker = join(output, ".providers");
  const before = existsSync(marker) ? readFileSync(marker, "utf8") : undefined;
  if (before === choice.id) return;
  if (choice.from === "stand-ins") refuseOverOthers(before);
  if (before !== undefined || choice.id !== OTHERS) removeInstalled(output);
  if (existsSync(output) || choice.id !== OTHERS) writeWhole(marker, choice.id);
}

/** @param before the choice that was written down, undefined in a fresh checkout and in one of an earlier version */
function refuseOverOthers(before: string | undefined): void {
  const ours = before === undefined ? standInsChosen() && !isLocked() : before.startsWith("stand-ins");
  if (ours || !hasStates(before !== undefined)) return;
  throw new Error(
    "The states of this checkout were made with the registry's providers, and Terraform's registry does not answer now: Gatehouse's stand-in " +
      "providers do not take over from them. Nothing was run, and the lock files are as they were.\nTry again where it answers, or set " +
      "GATEHOUSE_PROVIDER_MIRROR to a folder made there by `terraform providers mirror FOLDER`. A lab begins without a state: npm run lab:reset.",
  );
}

/** The project has the checksums of the registry's providers, so these made the states that are not a lab's. */
const isLocked = (): boolean => lockedStacks().length > 0 && !isThrowAway();

/** @param ran whether an earlier run chose providers: a state elsewhere is then there, as far as this checkout can know */
function hasStates(ran: boolean): boolean {
  const backend = process.env.GATEHOUSE_BACKEND;
  return backend && backend !== "local" ? ran || isLocked() : readdirSync(".").some(isState);
}

function isState(file: string): boolean {
  const [, mesh, stack] = /^terraform\.(.+)\.([^.]+)\.tfstate$/.exec(file) ?? [];
  return mesh !== undefined && stack !== undefined && hasLocalState(mesh, stack, {}) === true;
}

function removeInstalled(output: string): void {
  const stacks = join(output, "stacks");
  for (const stack of existsSync(stacks) ? readdirSync(stacks) : []) {
    rmSync(join(stacks, stack, ".terraform.lock.hcl"), { force: true });
    rmSync(join(stacks, stack, ".terraform", "providers"), { recursive: true, force: true });
  }
}

/** cdktf's output folder for the project in the working folder. */
export function outputFolder(): string {
  const config = existsSync("cdktf.json") ? JSON.parse(readFileSync("cdktf.json", "utf8")) : {};
  return config.output ?? "cdktf.out";
}
