/**
 * `gatehouse secrets`: makes the secrets of the mesh, or adds what they lack. It asks nothing and shows no value.
 * `gatehouse secrets recover` reads them from the servers when the file is lost. `--for-terraform-cloud` prints what runs
 * elsewhere need of them.
 */
import { isatty } from "node:tty";
import { formatSecrets, forRuns, makeSecrets, readSecrets, secretsPlace, signOfDeploy } from "../mesh-secrets";
import type { Mesh } from "../model";
import { declaredMesh } from "./declared-mesh";
import type { Call } from "./gatehouse";

const USAGE =
  "Write one of: npx gatehouse secrets, npx gatehouse secrets recover, npx gatehouse secrets --new, npx gatehouse secrets --for-terraform-cloud";

interface Options {
  action?: string;
  new?: boolean;
  "for-terraform-cloud"?: boolean;
}

export async function run({ options }: Call): Promise<number> {
  const { action, new: fresh, "for-terraform-cloud": remote } = options as Options;
  const chosen = [action !== undefined, fresh, remote].filter(Boolean).length;
  if ((action !== undefined && action !== "recover") || chosen > 1) throw new Error(USAGE);
  const mesh = await declaredMesh();
  if (remote) return print(mesh);
  if (action === "recover") {
    const { recoverSecrets } = require("./recover-secrets") as typeof import("./recover-secrets");
    return recoverSecrets(mesh);
  }
  return make(mesh, fresh ?? false);
}

/** On a terminal the values would stay in its scrollback. */
function print({ name }: Mesh): number {
  const command = "npm run -s secrets -- --for-terraform-cloud";
  if (isatty(1))
    throw new Error(`This prints secrets, and not on a terminal. Hand them on, for example: ${command} | pbcopy`);
  const secrets = readSecrets(name);
  if (!secrets) throw new Error(`${secretsPlace(name)} is not there. Make it first: npm run secrets`);
  process.stdout.write(formatSecrets(forRuns(secrets)));
  return 0;
}

async function make(mesh: Mesh, fresh: boolean): Promise<number> {
  if (!fresh) await refuseSecond(mesh);
  const { place, made, wanted } = await makeSecrets(mesh);
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
