/** The remedy where `terraform init` finds that the state was kept elsewhere before. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Output } from "../toolchain";
import type { Stack } from "./stack";

/** Terraform's words for it: none of them names a way out that Gatehouse has. */
const TOLD = /backend configuration changed|migrating state|input=false|state migration|migrate-state|-reconfigure/i;

/** Undefined where something else is wrong. */
export function changedBackend({ name, folder, document }: Stack, init: Output): string | undefined {
  const before = kindBefore(folder);
  const { backend, cloud } = document.terraform;
  const now = cloud ? "cloud" : (Object.keys(backend ?? {})[0] ?? "local");
  if (before === undefined || !TOLD.test(`${init.stdout}\n${init.stderr}`)) return undefined;
  const moving =
    before === now
      ? `  npx gatehouse state move ${before} local     with the earlier settings, then with the new ones: npx gatehouse state move local ${now}`
      : `  npx gatehouse state move ${before} ${now}     takes the states of all stacks along (docs/remote-runs.md)`;
  return [
    `The last run in this folder kept the state of ${name} in ${before === now ? `another place of ${now}` : before}; ` +
      `GATEHOUSE_BACKEND says ${now} now. Nothing was changed. Either the state is still there:`,
    moving,
    "or it is in the new place already, or nothing was deployed yet:",
    `  rm -r ${join(folder, ".terraform")}     and the same command again`,
    `or the backend is not the one that is meant: set GATEHOUSE_BACKEND=${before === now ? now : before} as before.`,
  ].join("\n");
}

/** The backend in Terraform's own note of the last `init`. */
function kindBefore(folder: string): string | undefined {
  const file = join(folder, ".terraform", "terraform.tfstate");
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return text === "" ? undefined : (JSON.parse(text) as { backend?: { type?: string } }).backend?.type;
}
