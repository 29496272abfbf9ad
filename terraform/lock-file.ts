/**
 * The checksums of Terraform's providers, next to the project's package.json for git: `terraform.<stack>.lock.hcl`. Terraform keeps
 * its own in the stack's folder, which a fresh checkout has not.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Output, writeWhole } from "../toolchain";
import type { ProviderChoice } from "./provider-choice";
import { isThrowAway } from "./stand-ins";

/** Terraform's name for it. */
export const LOCK = ".terraform.lock.hcl";

const fileOf = (stack: string): string => `terraform.${stack}.lock.hcl`;

/** Stacks whose checksums the project has. */
export function lockedStacks(): string[] {
  return readdirSync(".").flatMap((file) => /^terraform\.([^.]+)\.lock\.hcl$/.exec(file)?.[1] ?? []);
}

/** The stand-ins are built here, each time by their sources, and a lab has no state that outlives it. */
const counts = ({ from }: ProviderChoice): boolean => from !== "stand-ins" && !isThrowAway();

/**
 * Before `terraform init`: it then refuses a provider that is not the one of the project's checksums.
 * @param output cdktf's output folder
 */
export function placeLocks(output: string, choice: ProviderChoice): void {
  if (!counts(choice)) return;
  for (const stack of lockedStacks()) {
    const [file, text] = [join(output, "stacks", stack, LOCK), readFileSync(fileOf(stack), "utf8")];
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeWhole(file, text);
  }
}

/**
 * After `terraform init` went well: what it has locked is kept in the project.
 * @param folder of the stack
 * @returns what a person has to know; undefined where nothing changed
 */
export function keepLock(stack: string, folder: string, choice: ProviderChoice): string | undefined {
  const [from, file] = [join(folder, LOCK), fileOf(stack)];
  if (!counts(choice) || !existsSync(from)) return undefined;
  const text = readFileSync(from, "utf8");
  const isThere = existsSync(file);
  if (isThere && readFileSync(file, "utf8") === text) return undefined;
  writeWhole(file, text);
  return isThere
    ? `${file}: Terraform added to the checksums of its providers. Look at the change (git diff ${file}) and commit it`
    : `${file}: the checksums of Terraform's providers, as they came just now. Commit it: later runs, here and elsewhere, take no others`;
}

const OTHER = /checksums previously recorded|doesn't match any of the checksums|match configured version constraint/;

/** The way on where `terraform init` refused providers for the project's checksums. */
export function lockRemedy(stack: string, { stdout, stderr }: Output): string | undefined {
  const file = fileOf(stack);
  if (!existsSync(file) || !OTHER.test(`${stdout}\n${stderr}`.replace(/[\s│]+/g, " "))) return undefined;
  return (
    `${file} has the checksums of the providers that this project uses, and these are others. Where the project's own versions of them were just ` +
    `changed (package.json), remove the file, run this again, and commit the new one. For another kind of machine, add its checksums where the ` +
    `registry answers: npx gatehouse exec terraform -chdir=cdktf.out/stacks/${stack} providers lock -platform=linux_arm64. Otherwise the providers are not ` +
    "the ones that were used before: find out why, and go no further."
  );
}
