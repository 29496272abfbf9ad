/**
 * npm run doctor [-- --json] [-- --fix [--auto-approve]]       --mend is the earlier name of --fix
 * Compares the declaration with the live mesh. Exit code 0: clean. 1: drift. 2: something could not be looked at.
 */

import { examine } from "../doctor/examine";
import { exitWith } from "../findings/exit-code";
import { exitCode, type Finding } from "../findings/finding";
import { asJson, asText } from "../findings/show";
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";
import { atReachableConsul } from "../nodes/consul-api";
import { mend } from "../terraform/replace";

const OPTIONS = ["--json", "--fix", "--mend", "--auto-approve"];

async function main(options: string[]): Promise<number> {
  const unknown = options.find((option) => !OPTIONS.includes(option));
  if (unknown) throw new Error(`The doctor has no option ${unknown}. It has ${OPTIONS.join(", ")}.`);
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const { mesh } = await atReachableConsul(loaded.mesh);
  const findings = await examine(mesh);
  const mends = findings.flatMap((finding) => finding.mends);
  const fixes = options.includes("--fix") || options.includes("--mend");
  if (!fixes || mends.length === 0) return tell(mesh, findings, options);
  console.error(asText(mesh, findings));
  await mend(mends, options.includes("--auto-approve"));
  return tell(mesh, await examine(mesh), options);
}

function tell(mesh: Mesh, findings: Finding[], options: string[]): number {
  console.log(options.includes("--json") ? asJson(mesh, findings) : asText(mesh, findings));
  return exitCode(findings);
}

exitWith(main(process.argv.slice(2)));
