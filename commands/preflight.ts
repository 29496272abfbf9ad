/** `gatehouse preflight`: what a deploy would meet on the nodes, told all at once. It changes nothing. */
import { exitCodeOf } from "../findings";
import { formatProblems, loadMesh, type MeshNode, meshPath } from "../model";
import { json, type PreflightOptions, preflight, text } from "../preflight";
import { Ended, runsElsewhere } from "../terraform";
import type { Call } from "./gatehouse";

export async function run({ options }: Call): Promise<number> {
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) {
    console.error(formatProblems(loaded.problems, path));
    return 1;
  }
  const result = await preflight(loaded.mesh, { onProgress });
  process.stdout.write(options.json ? json(result) : text(result));
  return exitCodeOf(result.findings);
}

/**
 * The preflight as a part of a deploy. Where runs are elsewhere it is left out, as the nodes may be reached from there alone.
 * @throws when the deploy must not go on; the reason has been printed
 */
export async function preflightOfDeploy(options: Pick<PreflightOptions, "recovering"> = {}): Promise<void> {
  if (runsElsewhere(process.env)) {
    console.error("No preflight: Terraform runs elsewhere, and reaches the nodes from there.");
    return;
  }
  const loaded = await loadMesh(meshPath());
  if ("problems" in loaded) throw new Ended(1); // `synth` says why
  const result = await preflight(loaded.mesh, options);
  process.stdout.write(text(result));
  const code = exitCodeOf(result.findings);
  if (code !== 0) throw new Ended(code);
}

/** One line that is written over, on a terminal only; the nodes that take longest are named. */
function onProgress(_: MeshNode, waiting: MeshNode[]): void {
  if (!process.stderr.isTTY) return;
  const names = waiting.slice(0, 3).map(({ name }) => name);
  const more = waiting.length > names.length ? ` and ${waiting.length - names.length} more` : "";
  process.stderr.write(`\r\u001b[K${waiting.length > 0 ? `waiting for ${names.join(", ")}${more}` : ""}`);
}
