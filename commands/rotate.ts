/**
 * `npm run rotate`: new tokens in place of those in use. Each instance is rolled as in any deploy, and the old token goes
 * when nobody uses it any more.
 *   npm run rotate -- NAME...         of these services, gateways or nodes
 *   npm run rotate -- --all           of all
 *   npm run rotate -- --certificates  brings the certificates that `npm run secrets` made anew to the agents
 * Terraform shows its plan and asks; --auto-approve does not. Exit 0: done. 1: Terraform failed. 2: it could not begin.
 */

import { certificates, rotation } from "../doctor";
import type { Fix } from "../findings";
import { formatProblems, loadMesh, type Mesh, meshPath } from "../model";
import { mend } from "../terraform";

const USAGE = "npm run rotate -- NAME... | --all | --certificates   [--auto-approve]";

function wanted(mesh: Mesh, args: string[]): Fix[] {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const options = args.filter((arg) => arg.startsWith("--") && arg !== "--auto-approve");
  const [option, more] = options;
  if (more !== undefined || (option === undefined) === (names.length === 0)) throw new Error(USAGE);
  if (option === undefined) return rotation(mesh, names);
  if (option === "--all") return rotation(mesh, "all");
  if (option === "--certificates") return certificates(mesh);
  throw new Error(USAGE);
}

async function main(args: string[]): Promise<void> {
  const path = meshPath();
  const loaded = await loadMesh(path);
  if ("problems" in loaded) throw new Error(formatProblems(loaded.problems, path));
  const mends = wanted(loaded.mesh, args);
  process.exitCode = 1;
  await mend(mends, args.includes("--auto-approve"));
  process.exitCode = 0;
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode ||= 2;
});
