import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../toolchain";
import type { ProviderChoice } from "./provider-choice";

/**
 * Makes Terraform install the chosen providers again where an earlier run installed others: it keeps what is installed,
 * and refuses whatever its lock file does not know.
 * @param output cdktf's output folder, with its `stacks`
 */
export function settleProviders(output: string, choice: ProviderChoice): void {
  const marker = join(output, ".providers");
  const before = existsSync(marker) ? readFileSync(marker, "utf8") : "registry";
  if (before === choice.id) return;
  const stacks = join(output, "stacks");
  for (const stack of existsSync(stacks) ? readdirSync(stacks) : []) {
    rmSync(join(stacks, stack, ".terraform.lock.hcl"), { force: true });
    rmSync(join(stacks, stack, ".terraform", "providers"), { recursive: true, force: true });
  }
  writeWhole(marker, choice.id);
}

/** cdktf's output folder for the project in the working folder. */
export function outputFolder(): string {
  const config = existsSync("cdktf.json") ? JSON.parse(readFileSync("cdktf.json", "utf8")) : {};
  return config.output ?? "cdktf.out";
}
