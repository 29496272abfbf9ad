import { App } from "cdktf";
import { formatProblems, loadMesh, meshPath } from "./model";
import { addStacks, untraced } from "./stacks";

async function main(): Promise<void> {
  const path = meshPath();
  const result = await loadMesh(path);
  if ("problems" in result) {
    console.error(formatProblems(result.problems, path));
    process.exit(1);
  }
  const app = new App();
  untraced(() => {
    addStacks(app, result.mesh);
    app.synth();
  });
}

void main();
