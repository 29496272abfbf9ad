/**
 * `gatehouse synth`: checks the declaration and writes what a deploy would bring, for a person to read. It needs no network, no
 * Terraform, no Go, no secret and no node: what a deploy lacks is noted.
 */
import { delimiter, join, relative, resolve } from "node:path";
import { FIRST_PAGE } from "../review";
import { claimFolder, outputFolder } from "../terraform";
import { runHere } from "../toolchain";
import type { Call } from "./gatehouse";

/** Options are those of `cdktf synth`. */
export async function run({ own }: Call): Promise<number> {
  const folder = outputFolder();
  await claimFolder(folder, "synth");
  const PATH = [resolve("node_modules/.bin"), process.env.PATH].join(delimiter); // cdktf itself
  const env = { ...process.env, PATH, GATEHOUSE_SYNTH: "", CHECKPOINT_DISABLE: "1", DISABLE_VERSION_CHECK: "1" };
  const code = await runHere("cdktf", ["synth", ...own], env);
  if (code === 0) console.log(`To read: ${relative("", join(folder, FIRST_PAGE))}`);
  return code;
}
