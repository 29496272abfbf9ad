/** A mesh on the lab, as a person uses it: edit the declaration, deploy, look. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgetState, machinesOf, reset } from "../../../lab";
import labMesh from "../../../meshes/lab";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";

export { asOperator, consul, managementToken } from "./lab-consul";
export { agent, mainPid, on } from "./on-node";
export { type Answer, get, getUntil } from "./request";
export { withoutAccountBackups, withoutTokens } from "./same-files";

export const gatewayUrl = "http://10.77.0.11:8080";
const folder = "lab/.state/e2e";
/** The declaration that was handed to cdktf last. */
export const meshFile = join(folder, "mesh.ts");

/** Like `describe`, but where the lab cannot run it says so and counts as skipped. `setup.ts` found out. */
export function describeOnLab(name: string, tests: () => void): void {
  const why = process.env.GATEHOUSE_LAB_OBSTACLES;
  if (why) console.warn(`SKIPPED, since the lab cannot run here: ${name}\n${why}`);
  (why ? describe.skip : describe)(name, tests);
}

/** The lab's declaration, free to be edited. */
export function declaration(): MeshDeclaration {
  return structuredClone(labMesh);
}

/** Another service like the lab's backend. */
export function backendOn(nodes: string[], port: number): NonNullable<MeshDeclaration["services"]>[string] {
  const { backend } = declaration().services ?? {};
  if (!backend) throw new Error("the lab's mesh has no backend");
  const args = (backend.run.args ?? []).map((arg) => arg.replace("9002", String(port)));
  return { ...backend, runsOn: nodes, port, run: { ...backend.run, args } };
}

/** Another service like the lab's frontend, in front of `upstream`. */
export function frontendOn(
  nodes: string[],
  port: number,
  upstream: string,
  localPort: number,
): NonNullable<MeshDeclaration["services"]>[string] {
  const { frontend } = declaration().services ?? {};
  if (!frontend) throw new Error("the lab's mesh has no frontend");
  const args = (frontend.run.args ?? []).map((arg) =>
    arg.replace("9001", String(port)).replace("5000", String(localPort)),
  );
  return { ...frontend, runsOn: nodes, port, run: { ...frontend.run, args }, upstreams: { [upstream]: { localPort } } };
}

/** A second pair, shop -> stock, next to frontend -> backend. `host`: of the frontend, at the gateway. */
export function twoPairs(host = "*"): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.shop = frontendOn(["worker2"], 9011, "stock", 5001);
  mesh.services!.stock = backendOn(["worker1"], 9012);
  mesh.gateways!["ingress-gateway"]!.listeners[0]!.services = [
    { name: "frontend", hosts: [host] },
    { name: "shop", hosts: ["shop.test"] },
  ];
  return mesh;
}

/** Nodes as new, and no state of an earlier deploy. */
export async function freshLab(mesh: MeshDeclaration = declaration()): Promise<void> {
  forgetState(mesh.name);
  await reset(machinesOf(mesh));
}

export interface Run {
  exitCode: number;
  text: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const colours = /\u001b\[[0-9;?]*[A-Za-z]/g;
/** Lines that do not help when a test fails. */
const noise = new RegExp(
  [
    "Refreshing state",
    "Provisioning with",
    "Connecting to remote",
    "Connected!",
    "\\(remote-exec\\):   (Host|User|Password|Private key|Certificate|SSH Agent|Checking|Target)",
    "Stacks? (deploying|destroying|done)",
  ].join("|"),
);

/** How to run cdktf on this declaration, with the providers that Gatehouse's own commands choose. */
export function cdktfCommand(mesh: MeshDeclaration, args: string[], file = meshFile) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `export default ${JSON.stringify(mesh, null, 2)};\n`);
  const command = ["bin/gatehouse.js", "exec", "cdktf", ...args];
  return { file: process.execPath, command, env: { ...process.env, GATEHOUSE_MESH: file, FORCE_COLOR: "0", CI: "1" } };
}

/** Runs cdktf on this declaration. */
export async function cdktf(mesh: MeshDeclaration, ...args: string[]): Promise<Run> {
  const { file, command, env } = cdktfCommand(mesh, args);
  const { exitCode, stdout, stderr } = await output(file, command, {}, { env });
  const lines = `${stdout}\n${stderr}`.replace(colours, "").split("\n");
  return { exitCode, text: lines.filter((line) => !noise.test(line)).join("\n") };
}

/** Deploys and expects it to go well. */
export async function deploy(mesh: MeshDeclaration): Promise<Run> {
  const run = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
  if (run.exitCode !== 0) throw new Error(`the deploy failed:\n${run.text.slice(-6000)}`);
  return run;
}

/** The changes that a deploy would make: addresses of resources other than the review files. Empty when there are none. */
export async function plan(mesh: MeshDeclaration): Promise<string[]> {
  const { exitCode, text } = await cdktf(mesh, "diff", "mesh");
  if (exitCode !== 0) throw new Error(`the plan failed:\n${text.slice(-6000)}`);
  if (text.includes("No changes.")) return [];
  const planned = [...text.matchAll(/# (\S+) .*(?:will be|must be) (created|destroyed|replaced|updated in-place)/g)];
  if (planned.length === 0) throw new Error(`cannot read this plan:\n${text}`);
  return planned
    .map(([, address, verb]) => `${address} ${verb}`)
    .filter((line) => !line.startsWith("local_file."))
    .sort();
}
