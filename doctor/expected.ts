/** What should be on a machine, each thing with the Terraform resource that puts it there. */
import { createHash } from "node:crypto";
import type { Fix } from "../findings";
import type { Instance, Mesh, MeshNode } from "../model";
import {
  AGENT_RECORD,
  agentRelease,
  agentSecretFiles,
  instanceRelease,
  type MachineFile,
  nodeRelease,
} from "../templates";
import { about } from "./causes";

export interface ExpectedFile {
  path: string;
  /** Octal, for example "644". */
  mode: string;
  /** @default root:root */
  owner?: string;
  /** Any of these contents is right. Empty: whatever it holds. */
  sha256: string[];
  fix: Fix[];
  concerns: string[];
}

export interface ExpectedUnit {
  unit: string;
  /** Of a service's own unit. */
  binary?: { path: string; sha256: string };
  fix: Fix[];
  concerns: string[];
}

/** A machine as declared. */
export interface Expected {
  /** The mesh's name. */
  mesh: string;
  node: MeshNode;
  instances: Instance[];
  files: ExpectedFile[];
  units: ExpectedUnit[];
  /** Link and what it names. */
  links: { path: string; target: string; fix: Fix[]; concerns: string[] }[];
  /** SHA-256 of binaries that belong here. */
  binaries: Set<string>;
  sweep: Fix[];
}

const replacing = (stack: Fix["stack"], id: string): Fix[] => [{ stack, replace: `null_resource.${id}` }];
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The resources that an instance hangs on. The ids are those of `stacks/`; a test compares them. */
export const fixInstance = ({ workload, node }: Instance): Fix[] =>
  replacing("mesh", `instance_${workload.name}_${node.name}`);
export const fixNode = (node: MeshNode): Fix[] => replacing("mesh", `node_${node.name}`);
/** gatehouse-node comes with the first stack that needs it. */
export const fixProgram = ({ consul }: Mesh, node: MeshNode): Fix[] =>
  replacing(consul.existing ? "mesh" : "cluster", `program_${node.name}`);
const fixAgent = (node: MeshNode): Fix[] => replacing("cluster", `agent_${node.name}`);

/** What `mesh` wants on `node`. A retired node wants nothing. */
export function expectedOn(mesh: Mesh, node: MeshNode): Expected {
  const instances = mesh.instances.filter((instance) => instance.node === node);
  const expected: Expected = {
    mesh: mesh.name,
    node,
    instances,
    files: [],
    units: [],
    links: [],
    binaries: new Set(),
    sweep: replacing("mesh", `sweep_${node.name}`),
  };
  if (node.retired) return expected;
  const all = instances.map(({ workload }) => about.instance(workload.name, node.name));
  if (!mesh.consul.existing) addAgent(expected, mesh, all);
  addNode(expected, mesh, all);
  for (const instance of instances) addInstance(expected, mesh, instance);
  return expected;
}

function addAgent({ node, files, units }: Expected, mesh: Mesh, concerns: string[]): void {
  const fix = fixAgent(node);
  files.push(...agentRelease(mesh, node).files.map((file) => fileFrom(file, fix, concerns)));
  for (const { path, mode } of agentSecretFiles(mesh, node)) {
    files.push({ path, mode: plain(mode), owner: ownerOf(mode), sha256: [], fix, concerns });
  }
  files.push({ path: AGENT_RECORD, mode: "644", sha256: [], fix, concerns });
  units.push({ unit: "consul.service", fix, concerns });
}

function addNode({ node, files }: Expected, mesh: Mesh, concerns: string[]): void {
  const fix = fixNode(node);
  files.push(...nodeRelease(mesh, node).files.map((file) => fileFrom(file, fix, [])));
  files.push({ path: `/opt/gatehouse/meshes/${mesh.name}.json`, mode: "644", sha256: [], fix, concerns: [] });
  if (node.role === "server") return;
  // The machine asked its Consul which of these it needs.
  const xds = (ca: string) => ` -grpc-addr https://127.0.0.1:8503 -grpc-ca-file ${ca}`;
  const ways = mesh.consul.tls ? [xds("/etc/consul.d/tls/xds-ca.pem"), xds("/opt/gatehouse/xds-ca.pem")] : [""];
  const flags = ["", "-ignore-envoy-compatibility"].flatMap((flag) => ways.map((way) => flag + way));
  // An agent that was there before has ports of its own.
  const sha256 = mesh.consul.existing ? [] : flags.map((flag) => digest(`GATEHOUSE_ENVOY_FLAGS=${flag}\n`));
  if (mesh.consul.existing && mesh.consul.tls) {
    files.push({ path: "/opt/gatehouse/xds-ca.pem", mode: "644", sha256: [], fix, concerns });
  }
  files.push({ path: "/opt/gatehouse/node.env", mode: "644", sha256, fix, concerns });
}

function addInstance({ node, files, units, links, binaries }: Expected, mesh: Mesh, instance: Instance): void {
  const { workload } = instance;
  const release = instanceRelease(mesh, instance);
  const fix = fixInstance(instance);
  const concerns = [about.instance(workload.name, node.name)];
  files.push(...release.files.map((file) => fileFrom(file, fix, concerns)).map((file) => locked(file, mesh)));
  if (mesh.consul.acl) {
    const token = `/opt/gatehouse/secrets/${workload.name}.token`;
    const brought = replacing("mesh", `tokens_${node.name}`);
    files.push({ path: token, mode: "600", sha256: [], fix: [...brought, ...fix], concerns });
  }
  if (release.secretFile) files.push({ path: release.secretFile, mode: "600", sha256: [], fix, concerns });
  const path = `/opt/gatehouse/instances/${workload.name}/current`;
  links.push({ path, target: `releases/${release.release}`, fix, concerns });
  if (workload.kind !== "service") {
    units.push({ unit: `${workload.name}.service`, fix, concerns });
    return;
  }
  const { sha256 } = workload.binary;
  const binary = { path: release.binaryPath ?? "", sha256 };
  const upload = replacing("mesh", `binary_${node.name}_${sha256.slice(0, 12)}`);
  binaries.add(sha256);
  files.push({ path: binary.path, mode: "755", sha256: [sha256], fix: [...upload, ...fix], concerns });
  units.push({ unit: `${workload.name}.service`, binary, fix, concerns });
  units.push({ unit: `${workload.name}-sidecar-proxy.service`, fix, concerns });
}

function fileFrom({ path, mode, content }: MachineFile, fix: Fix[], concerns: string[]): ExpectedFile {
  return { path, mode: plain(mode), sha256: [digest(content)], fix, concerns };
}

/** A definition carries the instance's token on the machine. */
function locked(file: ExpectedFile, { consul }: Mesh): ExpectedFile {
  return consul.acl && file.path.endsWith(".hcl") ? { ...file, mode: "640", owner: ownerOf("0640") } : file;
}

const plain = (mode: string): string => mode.replace(/^0/, "");

/** What not everybody may read is there for Consul. */
const ownerOf = (mode: string): string => (mode === "0640" ? "root:consul" : "root:root");
