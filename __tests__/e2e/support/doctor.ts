/** The doctor's verdict on a live mesh, for the end-to-end tests. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { meshFile } from "./mesh";

const doctorMesh = "lab/.state/e2e/doctor-mesh.ts";

/** A finding as `npm run doctor -- --json` tells it. */
export interface Told {
  kind: "drift" | "blind" | "note";
  where: string;
  expected: string;
  found: string;
  remedy: string;
  fix: { stack: string; replace?: string }[];
  follows: boolean;
  line: string;
}

export interface Examination {
  exitCode: number;
  verdict: string;
  findings: Told[];
  stderr: string;
}

/** Runs `npm run doctor -- --json` and what else is given. */
export async function doctor(mesh: MeshDeclaration, ...options: string[]): Promise<Examination> {
  mkdirSync("lab/.state/e2e", { recursive: true });
  writeFileSync(doctorMesh, `export default ${JSON.stringify(mesh, null, 2)};\n`);
  return examine(doctorMesh, options);
}

async function examine(meshFile: string, options: string[]): Promise<Examination> {
  const command = ["bin/gatehouse.js", "doctor", "--json", ...options];
  const env = { ...process.env, GATEHOUSE_MESH: meshFile, FORCE_COLOR: "0", CI: "1" };
  const { stdout, stderr, exitCode } = await output(process.execPath, command, {}, { env });
  if (!stdout.startsWith("{"))
    throw new Error(`the doctor failed (exit ${exitCode}):\n${stdout}\n${stderr.slice(-6000)}`);
  const { verdict, findings } = JSON.parse(stdout);
  return { exitCode, verdict, findings, stderr };
}

/** The doctor's findings, one line each, without notes and mere consequences. Empty: the mesh is as declared. */
export async function doctorVerdict(mesh: MeshDeclaration): Promise<string[]> {
  return told(await doctor(mesh));
}

/** The same on the mesh that was deployed last, in a few words. */
export async function verdictOnLast(): Promise<string> {
  const lines = told(await examine(meshFile, []));
  return lines.length === 0 ? "clean" : `${lines.length} findings: ${lines[0]}`;
}

const told = ({ findings }: Examination) =>
  findings.filter(({ kind, follows }) => kind !== "note" && !follows).map(({ line }) => line);
