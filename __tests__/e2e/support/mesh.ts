/** What the end-to-end tests do to a mesh on the lab, as a person would: edit the declaration, deploy, look. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machinesOf } from "../../../lab/declared";
import { reset, ssh } from "../../../lab/machines";
import { forgetState } from "../../../lab/terraform-state";
import { readSecrets } from "../../../mesh-secrets";
import labMesh from "../../../meshes/lab";
import type { MeshDeclaration } from "../../../model";
import { askApi } from "../../../nodes/consul-api";
import { output } from "../../../toolchain/process";

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

/** A second pair, shop -> stock, beside frontend -> backend. `host`: of the frontend, at the gateway. */
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

/** Machines as new, and no state of an earlier deploy. */
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
/** What tells nothing when a test fails. */
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

/** What a deploy would do: addresses of resources other than the review files. Empty when nothing. */
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

/** Runs a command on a machine and expects it to go well. */
export async function on(machine: string, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ssh(machine, command);
  if (exitCode !== 0) throw new Error(`on ${machine}: ${command}: exit ${exitCode}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The main process of a unit. */
export const mainPid = (machine: string, unit: string): Promise<string> =>
  on(machine, `systemctl show -P MainPID ${unit}`);

export interface Answer {
  status: number;
  body: string;
}

/** One request to the lab. */
export async function get(url: string, headers: string[] = []): Promise<Answer> {
  const arguments_ = ["-s", "-m", "10", "-w", "\n%{http_code}", ...headers.flatMap((header) => ["-H", header]), url];
  const { stdout } = await output("curl", arguments_);
  const lines = stdout.split("\n");
  return { status: Number(lines.at(-1)), body: lines.slice(0, -1).join("\n") };
}

/** Asks once a half second until the answer has this status. */
export async function getUntil(status: number, url: string, headers: string[] = [], seconds = 30): Promise<Answer> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await get(url, headers);
    if (answer.status === status || Date.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** Consul's API on the lab's server. */
export async function consul<T>(path: string): Promise<T> {
  const { status, text } = await askApi({ name: labMesh.name, consul: labConsul }, path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

const labConsul = {
  ...{ existing: false, owns: [], acl: true, tls: true, gossipEncryption: true, addresses: [], address: "" },
  ...labMesh.consul,
};

/** The lab's own, which may do everything. */
export function managementToken(): string {
  const token = readSecrets(labMesh.name)?.managementToken;
  if (!token) throw new Error("the lab has no secrets");
  return token;
}

/** A command on a machine by a person who has every right in Consul. */
export const asOperator = (command: string): string => `export CONSUL_HTTP_TOKEN=${managementToken()}; ${command}`;

/** The node's own agent, with the node's token, which is on no command line. */
export const agent = (machine: string, path: string): Promise<string> => {
  const header = `printf 'X-Consul-Token: %s\\n' "$(cat /opt/gatehouse/secrets/_agent.token)"`;
  return on(machine, `curl -sS -H @<(${header}) http://127.0.0.1:8500/v1/${path}`);
};

/** `useradd` and `userdel` keep the earlier /etc/passwd as /etc/passwd-, and so on. */
export function withoutAccountBackups(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !/^\/etc\/g?(passwd|group|shadow)-$/.test(path)));
}

/**
 * An instance that went and came back has another token; the doctor compares what stands around it. A machine made anew
 * has made itself another certificate.
 */
export function withoutTokens(files: Record<string, string>): Record<string, string> {
  const hasToken = (path: string, what: string) =>
    /\.token$|\/tls\/xds[-a-z]*\.pem$/.test(path) ||
    (path.startsWith("/etc/consul.d/") && what.startsWith("file 640 "));
  return Object.fromEntries(
    Object.entries(files).map(([path, what]) => [path, hasToken(path, what) ? what.replace(/ \S+$/, "") : what]),
  );
}
