/** Decides whether a declaration can work, and tells everything that is wrong with it in one go. */
import { checkConfigEntries } from "./checks/config-entries";
import { checkConsul } from "./checks/consul";
import { checkIntentions } from "./checks/intentions";
import { checkNames } from "./checks/names";
import { checkNodes } from "./checks/nodes";
import { checkPlacement } from "./checks/placement";
import { checkPorts } from "./checks/ports";
import { checkRoutes } from "./checks/routes";
import { checkRuns } from "./checks/run";
import { checkSsh } from "./checks/ssh";
import { checkTakenEntries, checkTakeOver } from "./checks/take-over";
import { checkUpstreams } from "./checks/upstreams";
import type { MeshDeclaration } from "./declaration";
import type { Files, Mesh, Problem } from "./mesh";
import { toPlain } from "./plain";
import { Problems } from "./problem";
import { resolveMesh } from "./resolve";
import { typedKinds } from "./schema/config-entries";
import { declarationSchema } from "./schema/declaration";
import { keepSound } from "./schema/problems";
import { type View, viewOf } from "./view";

/** What one part of a declaration says about another. Each looks at sound parts only. */
const checks: ((view: View, problems: Problems) => void)[] = [
  checkNames,
  checkConsul,
  checkNodes,
  checkSsh,
  checkPlacement,
  checkRuns,
  checkPorts,
  checkUpstreams,
  checkRoutes,
  checkIntentions,
  checkConfigEntries,
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
  if (problems.refuse(files)) return { problems: problems.list(plain) };
  const mesh = resolveMesh(plain as MeshDeclaration, files);
  checkTakenEntries(mesh, problems);
  const list = problems.list(plain);
  return problems.refuse(files) ? { problems: list } : { mesh, missing: list };
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
