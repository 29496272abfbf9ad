import { App } from "cdktf";
import { formatProblems, loadMesh, meshPath, nodeFiles } from "./model";
import { addStacks, keepPrivate, readBackend, runsElsewhere, untraced } from "./stacks";
import { nodePrograms } from "./tools/node-program";

async function main(): Promise<void> {
  const chosen = readBackend(process.env);
  if ("problems" in chosen) return refuse(formatProblems(chosen.problems, "the environment"));
  const { backend } = chosen;
  const path = meshPath();
  const result = await loadMesh(path, { ...nodeFiles(), keysElsewhere: runsElsewhere(backend) });
  if ("problems" in result) return refuse(formatProblems(result.problems, path));
  const programs = await nodePrograms(
    result.mesh.nodes.map(({ arch }) => arch),
    (line) => console.error(line),
  );
  const app = new App();
  untraced(() => {
    addStacks(app, result.mesh, programs, backend);
    app.synth();
  });
  keepPrivate(app);
}

function refuse(problems: string): never {
  console.error(problems);
  process.exit(1);
}

void main();
