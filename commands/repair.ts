/**
 * Called by terraform/terraform.sh after a run was killed, with the folder of a stack. Where the stack's state is a file here
 * it is repaired. What the killed run made in Consul and no state has is imported by the next plan: Consul refuses a second
 * policy of one name.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { loadMesh, type Mesh } from "../model";
import { atReachableConsul } from "../nodes";
import { IMPORTS, importsFor, lostFrom, type PulledState, readConsul, type SynthesizedStack } from "../recover";
import { readState, repairInterrupted } from "../terraform";

async function repair(folder: string): Promise<void> {
  const file = join(folder, "cdk.tf.json");
  const document = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const path: string | undefined = document.terraform?.backend?.local?.path;
  const repaired = path ? repairInterrupted(path) : undefined;
  if (!path || !repaired) return;
  const { again, lost } = repaired;
  const killed = `The last deploy of ${basename(folder)} was killed`;
  if (lost) console.error(`${killed} while Terraform wrote its state. The state before that deploy is used.`);
  if (again.length > 0) console.error(`${killed}. Done again, to be sure: ${again.join(", ")}`);
  const imported = await importMade(folder, document, readState(path));
  if (imported > 0) console.error(`It made ${imported} tokens and policies that no state has: they are imported.`);
}

/** @returns how many the plan imports */
async function importMade(folder: string, document: SynthesizedStack, state?: PulledState): Promise<number> {
  const file = join(folder, IMPORTS);
  const lost = lostFrom(document, state).filter((address) => address.startsWith("consul_acl_"));
  if (lost.length === 0 || existsSync(file)) return 0;
  const mesh = await declared();
  if (!mesh) return 0; // the run itself says why
  const imports = importsFor(mesh.name, document, lost, await readConsul(mesh, []));
  if (imports.length > 0) writeFileSync(file, JSON.stringify({ import: imports }, null, 2));
  return imports.length;
}

async function declared(): Promise<Mesh | undefined> {
  process.chdir(join(__dirname, "..")); // the path of the mesh, and those in it, begin there
  const loaded = await loadMesh();
  return "mesh" in loaded ? (await atReachableConsul(loaded.mesh)).mesh : undefined;
}

repair(resolve(process.argv[2] ?? ".")).catch((error: Error) => {
  console.error(
    `${error.message}\nIf Consul now refuses a policy, since it has one of that name: npx gatehouse state recover`,
  );
});
