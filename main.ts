import { App } from "cdktf";
import { formatProblems, loadMesh, meshPath } from "./model";
import { addStacks, keepPrivate } from "./stacks";

async function main(): Promise<void> {
  const path = meshPath();
  const result = await loadMesh(path);
  if ("problems" in result) {
    console.error(formatProblems(result.problems, path));
    process.exit(1);
  }
  const app = new App();
  addStacks(app, result.mesh);
  app.synth();
  keepPrivate(app);
}

void main();
