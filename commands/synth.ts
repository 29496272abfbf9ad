/**
 * `gatehouse synth`: checks the declaration and writes what a deploy would bring, for a person to read. It needs no network, no
 * Terraform, no Go, no secret, no host key and no node: what a deploy lacks is listed.
 */
import { delimiter, join, relative, resolve } from "node:path";
import { FIRST_PAGE } from "../review";
import { claimFolder, notesIn, outputFolder, stacksIn } from "../terraform";
import { runHere } from "../toolchain";
import type { Call } from "./gatehouse";

/** With options, which are those of `cdktf synth`, that program does it, which says a refusal twice. */
export async function run({ own }: Call): Promise<number> {
  const folder = outputFolder();
  await claimFolder(folder, "synth");
  const PATH = [resolve("node_modules/.bin"), process.env.PATH].join(delimiter); // cdktf itself
  const env = { ...process.env, PATH, GATEHOUSE_SYNTH: "", CHECKPOINT_DISABLE: "1", DISABLE_VERSION_CHECK: "1" };
  const byCdktf = own.length > 0;
  const code = byCdktf
    ? await runHere("cdktf", ["synth", ...own], env)
    : await runHere(process.execPath, ["--require", "tsx/cjs", "main.ts"], env);
  if (code !== 0) return code;
  if (!byCdktf) for (const note of notesIn(folder)) console.log(`${note}\n`);
  if (!byCdktf) console.log(`Generated Terraform code for the stacks: ${stacksIn(folder).join(", ")}`);
  console.log(`To read: ${relative("", join(folder, FIRST_PAGE))}`);
  return code;
}
