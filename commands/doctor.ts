/** `gatehouse doctor`: compares the live mesh with the declaration, and with `--fix` repairs it through Terraform. */
import { asText, examine } from "../doctor";
import { doctorJson, exitCodeOf, type Finding } from "../findings";
import type { Mesh } from "../model";
import { atReachableConsul } from "../nodes";
import { declaredMesh } from "./declared-mesh";
import type { Call } from "./gatehouse";
import { leaveEntries } from "./leave-entries";

interface Options {
  json?: boolean;
  fix?: boolean;
  "auto-approve"?: boolean;
}

export async function run({ options }: Call): Promise<number> {
  const { json, "auto-approve": approved = false } = options as Options;
  const { mesh } = await atReachableConsul(await declaredMesh());
  const findings = await examine(mesh);
  const fixes = findings.flatMap(({ fix = [] }) => fix);
  if (!options.fix || fixes.length === 0) return tell(mesh, findings, json);
  console.error(asText(mesh, findings));
  const { replace } = require("../terraform") as typeof import("../terraform");
  const code = await replace(fixes, { what: "doctor --fix", approved, beforePlan: leaveEntries });
  if (code !== 0) throw new Error(`Terraform did not apply the repairs (exit code ${code}); its output is above.`);
  return tell(mesh, await examine(mesh), json);
}

function tell(mesh: Mesh, findings: Finding[], json: boolean | undefined): number {
  console.log(json ? doctorJson(mesh.name, findings) : asText(mesh, findings));
  return exitCodeOf(findings);
}
