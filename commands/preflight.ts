/** `gatehouse preflight`: what a deploy would meet on the nodes, told all at once. It changes nothing. */
import { exitCodeOf } from "../findings";
import { formatProblems, loadMesh, type Mesh, type MeshNode, meshPath, nodeFiles } from "../model";
import { askRan, json, type PreflightOptions, preflight, ranOn, text } from "../preflight";
import { Ended, type Ran, runsElsewhere } from "../terraform";
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
 * The preflight as a part of a deploy. Where runs are elsewhere nothing is judged, as the nodes may be reached from there alone.
 * @returns which programs ran on the nodes
 * @throws when the deploy must not go on; the reason has been printed
 */
export async function preflightOfDeploy(options: Pick<PreflightOptions, "recovering"> = {}): Promise<Ran> {
  const elsewhere = runsElsewhere(process.env);
  const loaded = await loadMesh(meshPath(), { ...nodeFiles(), keysElsewhere: elsewhere });
  if ("problems" in loaded) throw new Ended(1); // `synth` says why
  if (elsewhere) return ranElsewhere(loaded.mesh);
  const result = await preflight(loaded.mesh, options);
  process.stdout.write(text(result));
  const code = exitCodeOf(result.findings);
  if (code !== 0) throw new Ended(code);
  return ranOn(
    loaded.mesh,
    result.nodes.flatMap(({ look }) => look ?? []),
  );
}

async function ranElsewhere(mesh: Mesh): Promise<Ran> {
  console.error("No preflight: Terraform runs elsewhere, and reaches the nodes from there.");
  const { ran, silent } = await askRan(mesh);
  if (silent.length > 0) {
    console.error(
      `${silent.join(", ")} cannot be asked from here whether the programs of the last run came to their end. If a run was ` +
        "killed: npx gatehouse doctor --fix, from where the nodes can be reached.",
    );
  }
  return ran;
}

/** One line that is written over, on a terminal only; the nodes that take longest are named. */
function onProgress(_: MeshNode, waiting: MeshNode[]): void {
  if (!process.stderr.isTTY) return;
  const names = waiting.slice(0, 3).map(({ name }) => name);
  const more = waiting.length > names.length ? ` and ${waiting.length - names.length} more` : "";
  process.stderr.write(`\r\u001b[K${waiting.length > 0 ? `waiting for ${names.join(", ")}${more}` : ""}`);
}
