import { Annotations, App, TerraformStack } from "cdktf";
import { FolderFault, formatProblems, loadMesh, type Mesh, meshPath, nodeFiles, type Problem } from "./model";
import { atReachableConsul, passedOverText } from "./nodes";
import { writeReview } from "./review";
import { addStacks, keepPrivate, readBackend, runsElsewhere, untraced } from "./stacks";
import { synthIsComplete } from "./terraform";
import { builtNodePrograms, nodePrograms } from "./toolchain";

async function main(): Promise<void> {
  const chosen = readBackend(process.env);
  if ("problems" in chosen) return refuse(formatProblems(chosen.problems, "the environment"));
  const { backend } = chosen;
  const path = meshPath();
  const complete = synthIsComplete(process.env);
  const result = await loadMesh(path, { ...nodeFiles(), keysElsewhere: runsElsewhere(backend), forReview: !complete });
  if ("problems" in result) return refuse(formatProblems(result.problems, path));
  const { mesh, missing } = result;
  const programs = complete ? await built(mesh) : builtNodePrograms();
  const reached = complete && !runsElsewhere(backend) ? await withConsul(mesh) : mesh;
  const app = new App();
  untraced(() => {
    addStacks(app, reached, programs, backend);
    addNotes(app, missing);
    app.synth();
  });
  keepPrivate(app);
  if (!complete) writeReview(app.outdir, mesh, missing);
}

const built = (mesh: Mesh) =>
  nodePrograms(
    mesh.nodes.map(({ arch }) => arch),
    (line) => console.error(line),
  );

/** The first of Consul's addresses that answers. A single address is taken without asking. */
async function withConsul(declared: Mesh): Promise<Mesh> {
  const { mesh, passedOver } = await atReachableConsul(declared);
  for (const one of passedOver) console.error(passedOverText(one, mesh.consul.address));
  return mesh;
}

/** Says what a deploy will need; cdktf prints it with the stack's name. */
function addNotes(app: App, missing: readonly Problem[]): void {
  const stack = app.node.children.filter(TerraformStack.isStack).at(-1);
  if (!stack) return;
  for (const { path, reason, remedy } of missing)
    Annotations.of(stack).addInfo(`a deploy needs ${path}: ${reason}; ${remedy}`);
}

function refuse(problems: string): never {
  console.error(problems);
  process.exit(1);
}

/** A folder that changes while it is packed is a person's to put right, like what the declaration says. */
function onFault(error: unknown): never {
  if (!(error instanceof FolderFault)) throw error;
  const { entry, reason, remedy } = error;
  return refuse(formatProblems([{ path: "run.files", found: entry, reason, remedy }], meshPath()));
}

main().catch(onFault);
