/**
 * npm run doctor [-- --json] [-- --fix [--auto-approve]]       --mend is the earlier name of --fix
 * Compares the declaration with the live mesh. Exit code 0: clean. 1: drift. 2: something could not be looked at.
 */

import { asText, examine } from "../doctor";
import { doctorJson, exitCodeOf, exitWith, type Finding } from "../findings";
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";
import { atReachableConsul } from "../nodes";
import { mend } from "../terraform";

const OPTIONS = ["--json", "--fix", "--mend", "--auto-approve"];

async function main(options: string[]): Promise<number> {
  const unknown = options.find((option) => !OPTIONS.includes(option));
  if (unknown) throw new Error(`The doctor has no option ${unknown}. It has ${OPTIONS.join(", ")}.`);
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const { mesh } = await atReachableConsul(loaded.mesh);
  const findings = await examine(mesh);
  const fixes = findings.flatMap(({ fix = [] }) => fix);
  const isToFix = options.includes("--fix") || options.includes("--mend");
  if (!isToFix || fixes.length === 0) return tell(mesh, findings, options);
  console.error(asText(mesh, findings));
  await mend(fixes, options.includes("--auto-approve"));
  return tell(mesh, await examine(mesh), options);
}

function tell(mesh: Mesh, findings: Finding[], options: string[]): number {
  console.log(options.includes("--json") ? doctorJson(mesh.name, findings) : asText(mesh, findings));
  return exitCodeOf(findings);
}

exitWith(main(process.argv.slice(2)));
