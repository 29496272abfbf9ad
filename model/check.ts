/** Decides whether a declaration can work, and reports every problem at once. */

import { checkAgent } from "./agent";
import { toPlain } from "./checking/plain";
import { type Problem, Problems } from "./checking/problem";
import { keepSound } from "./checking/sound";
import { type View, viewOf } from "./checking/view";
import { checkConfigEntries } from "./config-entry/declared";
import { typedKinds } from "./config-entry/routing";
import { checkSubsets } from "./config-entry/subsets";
import { checkConsul } from "./consul";
import type { Files } from "./files";
import { checkHealth } from "./health";
import { checkPlacement } from "./instance";
import { checkIntentions } from "./intention";
import { checkJobs } from "./job";
import { checkRoutes } from "./listener";
import { declarationSchema, type Mesh, type MeshDeclaration, resolveMesh } from "./mesh";
import { checkNames } from "./name";
import { checkNodes } from "./node";
import { checkOtherServices } from "./other-service";
import { checkLabels } from "./placement";
import { checkPorts } from "./port-clash";
import { checkRuns } from "./run";
import { checkUpstreams } from "./service";
import { checkSeveral } from "./several";
import { checkSsh } from "./ssh";
import { checkTakenEntries, checkTakeOver } from "./take-over";
import { checkTraffic } from "./traffic";

/** Checks of one part of a declaration against another. Each looks at sound parts only. */
const checks: ((view: View, problems: Problems) => void)[] = [
  checkNames,
  checkConsul,
  checkAgent,
  checkOtherServices,
  checkNodes,
  checkSsh,
  checkPlacement,
  checkLabels,
  checkRuns,
  checkHealth,
  checkJobs,
  checkPorts,
  checkUpstreams,
  checkTraffic,
  checkSeveral,
  checkRoutes,
  checkIntentions,
  checkConfigEntries,
  checkSubsets,
  checkTakeOver,
];

/**
 * The mesh, or every reason why there is none. Takes anything, and never throws.
 * @returns with the mesh what is still missing for a deploy, which is nothing unless `files.forReview`
 */
export function checkMesh(
  declaration: unknown,
  files: Files,
): { mesh: Mesh; missing: Problem[] } | { problems: Problem[] } {
  const problems = new Problems();
  const plain = toPlain(declaration, problems);
  const sound = keepSound(declarationSchema, plain, [], problems) as Record<string, unknown> | undefined;
  if (sound !== undefined) {
    keepSoundEntries(sound, problems);
    const view = viewOf(sound, files);
    for (const check of checks) check(view, problems);
  }
  if (problems.refuse(files.forReview)) return { problems: problems.list(plain) };
  const mesh = resolveMesh(plain as MeshDeclaration, files);
  checkTakenEntries(mesh, problems);
  const list = problems.list(plain);
  return problems.refuse(files.forReview) ? { problems: list } : { mesh, missing: list };
}

/** Looks into the config entries whose kind has a schema. */
function keepSoundEntries(sound: Record<string, unknown>, problems: Problems): void {
  const entries = sound.configEntries as (Record<string, unknown> | undefined)[] | undefined;
  entries?.forEach((entry, index) => {
    const schema = entry && typedKinds.get(String(entry.kind));
    if (!schema) return;
    const { kind, name, ...fields } = entry;
    entries[index] = { kind, name, ...(keepSound(schema, fields, ["configEntries", index], problems) as object) };
  });
}
