/**
 * `npm run preflight`: what a deploy would meet on the machines, told all at once. It changes nothing.
 *   npm run preflight             a table and every finding
 *   npm run -s preflight -- --json    the same for programs
 *   npm run preflight -- --before-deploy   as `npm run deploy` does: not where runs are elsewhere, as the machines may be
 *                                 reached from there alone
 *   npm run preflight -- --recovering   as `npm run state -- recover` does: a state that is not there is no problem
 * Exit 0: nothing is in the way. 1: there are problems, with the declaration or on a machine. 2: a machine could not be
 * looked at.
 */

import { exitCodeOf, exitWith } from "../findings";
import { formatProblems, loadMesh, type MeshNode, meshPath } from "../model";
import { json, preflight, text } from "../preflight";
import { runsElsewhere } from "../terraform";

async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => !["--json", "--before-deploy", "--recovering"].includes(arg));
  if (unknown !== undefined) throw new Error(`The preflight has no argument ${unknown}. It has --json.`);
  if (args.includes("--before-deploy") && runsElsewhere(process.env)) {
    console.error("No preflight: Terraform runs elsewhere, and reaches the machines from there.");
    return 0;
  }
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) {
    console.error(formatProblems(loaded.problems, path));
    return 1;
  }
  const result = await preflight(loaded.mesh, { onProgress, recovering: args.includes("--recovering") });
  process.stdout.write(args.includes("--json") ? json(result) : text(result));
  return exitCodeOf(result.findings);
}

/** One line that is written over, on a terminal only; the machines that take longest are named. */
function onProgress(_: MeshNode, waiting: MeshNode[]): void {
  if (!process.stderr.isTTY) return;
  const names = waiting.slice(0, 3).map(({ name }) => name);
  const more = waiting.length > names.length ? ` and ${waiting.length - names.length} more` : "";
  process.stderr.write(`\r\u001b[K${waiting.length > 0 ? `waiting for ${names.join(", ")}${more}` : ""}`);
}

exitWith(main(process.argv.slice(2)));
