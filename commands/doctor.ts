/** `gatehouse doctor`: compares the live mesh with the declaration, and with `--fix` repairs it through Terraform. */
import { examine } from "../doctor/examine";
import { exitCode, type Finding } from "../findings/finding";
import { asJson, asText } from "../findings/show";
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";
import { atReachableConsul } from "../nodes/consul-api";
import type { Call } from "./gatehouse";

interface Options {
  json?: boolean;
  fix?: boolean;
  "auto-approve"?: boolean;
}

export async function run({ options }: Call): Promise<number> {
  const { json, fix, "auto-approve": approved = false } = options as Options;
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const { mesh } = await atReachableConsul(loaded.mesh);
  const findings = await examine(mesh);
  const mends = findings.flatMap((finding) => finding.mends);
  if (!fix || mends.length === 0) return tell(mesh, findings, json);
  console.error(asText(mesh, findings));
  const { replace } = require("../terraform/replace") as typeof import("../terraform/replace");
  const code = await replace(mends, { what: "doctor --fix", approved });
  if (code !== 0) throw new Error(`Terraform did not apply the repairs (exit code ${code}); its output is above.`);
  return tell(mesh, await examine(mesh), json);
}

function tell(mesh: Mesh, findings: Finding[], json: boolean | undefined): number {
  console.log(json ? asJson(mesh, findings) : asText(mesh, findings));
  return exitCode(findings);
}
