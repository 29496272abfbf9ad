/**
 * `npm run secrets`: makes the secrets of the mesh, or adds what they lack. It asks nothing and shows no value.
 *   npm run secrets -- recover   when the file is lost: reads from the mesh's servers what they run with
 *   npm run secrets -- --new     new ones for a mesh that was deployed before: see docs/recovery.md
 * Exit 0: they are complete. 1: something has to be given by a person. 2: they cannot be used.
 */
import { spawnSync } from "node:child_process";
import { makeSecrets, readSecrets, secretsPlace, signOfDeploy } from "../mesh-secrets";
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";

async function main([what, ...more]: string[]): Promise<number> {
  if (more.length > 0 || (what !== undefined && what !== "recover" && what !== "--new")) {
    throw new Error("Write: npm run secrets, npm run secrets -- recover, or npm run secrets -- --new");
  }
  if (what === "recover") {
    const { status } = spawnSync(process.execPath, ["--import", "tsx", "commands/recover-secrets.ts"], {
      stdio: "inherit",
    });
    return status ?? 2;
  }
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  if (what !== "--new") await refuseSecond(loaded.mesh);
  const { place, made, wanted } = await makeSecrets(loaded.mesh);
  console.log(`${place}: ${made.length > 0 ? "made" : "nothing to make"}`);
  for (const part of made) console.log(`  ${part}`);
  if (wanted.length === 0) return 0;
  console.log("Still wanted:");
  for (const part of wanted) console.log(`  ${part}`);
  return 1;
}

/** New secrets where there were others before would lock the agents out from each other. */
async function refuseSecond(mesh: Mesh): Promise<void> {
  if (readSecrets(mesh.name)) return;
  const sign = await signOfDeploy(mesh);
  if (!sign) return;
  throw new Error(
    `${secretsPlace(mesh.name)} is not there, and this mesh was deployed before: ${sign}. Bring your copy of the file back. ` +
      "Without a copy: npm run secrets -- recover reads it from the servers. Only where both are lost: npm run secrets -- --new; docs/recovery.md says what that means.",
  );
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  },
);
