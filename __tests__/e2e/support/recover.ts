/** Gatehouse's own commands on a declaration, as a person types them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { meshFile, type Run } from "./mesh";

export interface Found {
  node: string;
  severity: string;
  check: string;
  found: string;
  remedy: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const colours = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** `npm run -s NAME -- ARGUMENTS`. */
export async function npm(mesh: MeshDeclaration, name: string, ...args: string[]): Promise<Run & { stdout: string }> {
  mkdirSync(join(meshFile, ".."), { recursive: true });
  writeFileSync(meshFile, `export default ${JSON.stringify(mesh, null, 2)};\n`);
  const env = { ...process.env, GATEHOUSE_MESH: meshFile, FORCE_COLOR: "0", CI: "1" };
  const done = await output("npm", ["run", "-s", name, "--", ...args], {}, { env });
  return { exitCode: done.exitCode, stdout: done.stdout, text: `${done.stdout}\n${done.stderr}`.replace(colours, "") };
}

export const npmDeploy = (mesh: MeshDeclaration): Promise<Run> => npm(mesh, "deploy", "--auto-approve");

export async function preflightFindings(mesh: MeshDeclaration): Promise<Found[]> {
  const { stdout, text } = await npm(mesh, "preflight", "--json");
  try {
    return (JSON.parse(stdout) as { findings: Found[] }).findings;
  } catch {
    throw new Error(`the preflight told no JSON:\n${text}`);
  }
}
