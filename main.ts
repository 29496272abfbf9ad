import { App } from "cdktf";
import { formatProblems, loadMesh, meshPath, nodeFiles } from "./model";
import { addStacks, keepPrivate, readBackend, runsElsewhere } from "./stacks";

async function main(): Promise<void> {
  const chosen = readBackend(process.env);
  if ("problems" in chosen) return refuse(formatProblems(chosen.problems, "the environment"));
  const { backend } = chosen;
  const path = meshPath();
  const result = await loadMesh(path, { ...nodeFiles(), keysElsewhere: runsElsewhere(backend) });
  if ("problems" in result) return refuse(formatProblems(result.problems, path));
  const app = new App();
  addStacks(app, result.mesh, backend);
  app.synth();
  keepPrivate(app);
}

function refuse(problems: string): never {
  console.error(problems);
  process.exit(1);
}

void main();
