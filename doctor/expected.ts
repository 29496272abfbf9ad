/** What should be on a machine, each thing with the Terraform resource that puts it there. */
import { createHash } from "node:crypto";
import type { Instance, Mesh, MeshNode } from "../model";
import {
  AGENT_RECORD,
  agentRelease,
  agentSecretFiles,
  instanceRelease,
  type MachineFile,
  nodeRelease,
} from "../templates";
import { about, type Mend } from "./finding";

export interface ExpectedFile {
  path: string;
  /** Octal, for example "644". */
  mode: string;
  /** @default root:root */
  owner?: string;
  /** Any of these contents is right. Empty: whatever it holds. */
  sha256: string[];
  mends: Mend[];
  concerns: string[];
}

export interface ExpectedUnit {
  unit: string;
  /** Of a service's own unit. */
  binary?: { path: string; sha256: string };
  mends: Mend[];
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
  links: { path: string; target: string; mends: Mend[]; concerns: string[] }[];
  /** SHA-256 of binaries that belong here. */
  binaries: Set<string>;
  sweep: Mend[];
  /** Gateways made by hand here that go on serving after they were taken over: until `takeOver.letGo` names them. */
  goOn: string[];
}

const replacing = (stack: Mend["stack"], id: string): Mend[] => [{ stack, replace: `null_resource.${id}` }];
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The resources that an instance hangs on. The ids are those of `stacks/`; a test compares them. */
export const mendInstance = ({ workload, node }: Instance): Mend[] =>
  replacing("mesh", `instance_${workload.name}_${node.name}`);
export const mendNode = (node: MeshNode): Mend[] => replacing("mesh", `node_${node.name}`);
/** gatehouse-node comes with the first stack that needs it. */
export const mendProgram = ({ consul }: Mesh, node: MeshNode): Mend[] =>
  replacing(consul.existing ? "mesh" : "cluster", `program_${node.name}`);
const mendAgent = (node: MeshNode): Mend[] => replacing("cluster", `agent_${node.name}`);

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
    goOn: mesh.gateways
      .filter(({ name, runsOn }) => mesh.takeOver.gateways.includes(name) && !runsOn.includes(node.name))
      .map(({ name }) => name)
      .filter((name) => !mesh.takeOver.letGo.includes(name)),
  };
  if (node.retired) return expected;
  const all = instances.map(({ workload }) => about.instance(workload.name, node.name));
  if (!mesh.consul.existing) addAgent(expected, mesh, all);
  addNode(expected, mesh, all);
  for (const instance of instances) addInstance(expected, mesh, instance);
  return expected;
}

function addAgent({ node, files, units }: Expected, mesh: Mesh, concerns: string[]): void {
  const mends = mendAgent(node);
  files.push(...agentRelease(mesh, node).files.map((file) => fileFrom(file, mends, concerns)));
  for (const { path, mode } of agentSecretFiles(mesh, node)) {
    files.push({ path, mode: plain(mode), owner: ownerOf(mode), sha256: [], mends, concerns });
  }
  files.push({ path: AGENT_RECORD, mode: "644", sha256: [], mends, concerns });
  units.push({ unit: "consul.service", mends, concerns });
}

function addNode({ node, files }: Expected, mesh: Mesh, concerns: string[]): void {
  const mends = mendNode(node);
  files.push(...nodeRelease(mesh, node).files.map((file) => fileFrom(file, mends, [])));
  files.push({ path: `/opt/gatehouse/meshes/${mesh.name}.json`, mode: "644", sha256: [], mends, concerns: [] });
  if (node.role === "server") return;
  // The machine asked its Consul which of these it needs.
  const xds = (ca: string) => ` -grpc-addr https://127.0.0.1:8503 -grpc-ca-file ${ca}`;
  const ways = mesh.consul.tls ? [xds("/etc/consul.d/tls/xds-ca.pem"), xds("/opt/gatehouse/xds-ca.pem")] : [""];
  const flags = ["", "-ignore-envoy-compatibility"].flatMap((flag) => ways.map((way) => flag + way));
  // An agent that was there before has ports of its own.
  const sha256 = mesh.consul.existing ? [] : flags.map((flag) => digest(`GATEHOUSE_ENVOY_FLAGS=${flag}\n`));
  if (mesh.consul.existing && mesh.consul.tls) {
    files.push({ path: "/opt/gatehouse/xds-ca.pem", mode: "644", sha256: [], mends, concerns });
  }
  files.push({ path: "/opt/gatehouse/node.env", mode: "644", sha256, mends, concerns });
}

function addInstance({ node, files, units, links, binaries }: Expected, mesh: Mesh, instance: Instance): void {
  const { workload } = instance;
  const release = instanceRelease(mesh, instance);
  const mends = mendInstance(instance);
  const concerns = [about.instance(workload.name, node.name)];
  files.push(...release.files.map((file) => fileFrom(file, mends, concerns)).map((file) => locked(file, mesh)));
  if (mesh.consul.acl) {
    const token = `/opt/gatehouse/secrets/${workload.name}.token`;
    const brought = replacing("mesh", `tokens_${node.name}`);
    files.push({ path: token, mode: "600", sha256: [], mends: [...brought, ...mends], concerns });
  }
  if (release.secretFile) files.push({ path: release.secretFile, mode: "600", sha256: [], mends, concerns });
  const path = `/opt/gatehouse/instances/${workload.name}/current`;
  links.push({ path, target: `releases/${release.release}`, mends, concerns });
  if (workload.kind !== "service") {
    units.push({ unit: `${workload.name}.service`, mends, concerns });
    return;
  }
  const { sha256 } = workload.binary;
  const binary = { path: release.binaryPath ?? "", sha256 };
  const upload = replacing("mesh", `binary_${node.name}_${sha256.slice(0, 12)}`);
  binaries.add(sha256);
  files.push({ path: binary.path, mode: "755", sha256: [sha256], mends: [...upload, ...mends], concerns });
  units.push({ unit: `${workload.name}.service`, binary, mends, concerns });
  units.push({ unit: `${workload.name}-sidecar-proxy.service`, mends, concerns });
}

function fileFrom({ path, mode, content }: MachineFile, mends: Mend[], concerns: string[]): ExpectedFile {
  return { path, mode: plain(mode), sha256: [digest(content)], mends, concerns };
}

/** A definition carries the instance's token on the machine. */
function locked(file: ExpectedFile, { consul }: Mesh): ExpectedFile {
  return consul.acl && file.path.endsWith(".hcl") ? { ...file, mode: "640", owner: ownerOf("0640") } : file;
}

const plain = (mode: string): string => mode.replace(/^0/, "");

/** What not everybody may read is there for Consul. */
const ownerOf = (mode: string): string => (mode === "0640" ? "root:consul" : "root:root");
