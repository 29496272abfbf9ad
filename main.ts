import { App } from "cdktf";
import { formatProblems, loadMesh, type Mesh, meshPath, nodeFiles } from "./model";
import { atReachableConsul, passedOverText } from "./nodes";
import { addStacks, keepPrivate, readBackend, runsElsewhere, untraced } from "./stacks";
import { nodePrograms } from "./toolchain/node-program";

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
  const mesh = runsElsewhere(backend) ? result.mesh : await withConsul(result.mesh);
  const app = new App();
  untraced(() => {
    addStacks(app, mesh, programs, backend);
    app.synth();
  });
  keepPrivate(app);
}

/** Of several addresses of Consul the first that answers. With one nothing is asked. */
async function withConsul(declared: Mesh): Promise<Mesh> {
  const { mesh, passedOver } = await atReachableConsul(declared);
  for (const one of passedOver) console.error(passedOverText(one, mesh.consul.address));
  return mesh;
}

function refuse(problems: string): never {
  console.error(problems);
  process.exit(1);
}

void main();
