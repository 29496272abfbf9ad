/** What should be on a machine, each thing with the Terraform resource that puts it there. */
import { createHash } from "node:crypto";
import { about, type Mend } from "../findings/finding";
import { type Instance, layout, type Mesh, type MeshNode } from "../model";
import { agentRelease, agentSecretFiles, instanceRelease, type NodeFile, nodeRelease } from "../templates";

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
}

const { access } = layout;

const replacing = (stack: Mend["stack"], id: string): Mend[] => [{ stack, replace: `null_resource.${id}` }];
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The resources that an instance hangs on. The ids are those of `stacks/`; a test compares them. */
export const mendInstance = ({ workload, node }: Instance): Mend[] =>
  replacing("mesh", layout.resources.instance(workload.name, node.name));
export const mendNode = (node: MeshNode): Mend[] => replacing("mesh", layout.resources.node(node.name));
/** gatehouse-node comes with the first stack that needs it. */
export const mendProgram = ({ consul }: Mesh, node: MeshNode): Mend[] =>
  replacing(consul.existing ? "mesh" : "cluster", layout.resources.program(node.name));
const mendAgent = (node: MeshNode): Mend[] => replacing("cluster", layout.resources.agent(node.name));

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
    sweep: replacing("mesh", layout.resources.sweep(node.name)),
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
  const { files: places, consulUnit } = layout;
  for (const { path, ...secret } of agentSecretFiles(mesh, node))
    files.push({ path, ...found(secret), sha256: [], mends, concerns });
  files.push({ path: places.agentRecord, ...found(access.anyone), sha256: [], mends, concerns });
  units.push({ unit: consulUnit, mends, concerns });
}

function addNode({ node, files }: Expected, mesh: Mesh, concerns: string[]): void {
  const mends = mendNode(node);
  files.push(...nodeRelease(mesh, node).files.map((file) => fileFrom(file, mends, [])));
  files.push({ path: layout.meshRecord(mesh.name), ...found(access.anyone), sha256: [], mends, concerns: [] });
  if (node.role === "server") return;
  // The machine asked its Consul which of these it needs.
  const xds = (ca: string) => ` -grpc-addr https://127.0.0.1:${layout.consulPorts.grpcTls} -grpc-ca-file ${ca}`;
  const ways = mesh.consul.tls ? [xds(layout.files.agentXdsCa), xds(layout.files.xdsCa)] : [""];
  const flags = ["", "-ignore-envoy-compatibility"].flatMap((flag) => ways.map((way) => flag + way));
  // An agent that was there before has ports of its own.
  const sha256 = mesh.consul.existing ? [] : flags.map((flag) => digest(`GATEHOUSE_ENVOY_FLAGS=${flag}\n`));
  if (mesh.consul.existing && mesh.consul.tls) {
    files.push({ path: layout.files.xdsCa, ...found(access.anyone), sha256: [], mends, concerns });
  }
  files.push({ path: layout.files.nodeEnv, ...found(access.anyone), sha256, mends, concerns });
}

function addInstance({ node, files, units, links, binaries }: Expected, mesh: Mesh, instance: Instance): void {
  const { workload } = instance;
  const release = instanceRelease(mesh, instance);
  const mends = mendInstance(instance);
  const concerns = [about.instance(workload.name, node.name)];
  files.push(...release.files.map((file) => fileFrom(file, mends, concerns)).map((file) => locked(file, mesh)));
  if (mesh.consul.acl) {
    const token = layout.tokenFile(workload.name);
    const brought = replacing("mesh", layout.resources.tokens(node.name));
    files.push({ path: token, ...found(access.rootOnly), sha256: [], mends: [...brought, ...mends], concerns });
  }
  if (release.secretFile)
    files.push({ path: release.secretFile, ...found(access.rootOnly), sha256: [], mends, concerns });
  const path = layout.currentRelease(workload.name);
  links.push({ path, target: `releases/${release.release}`, mends, concerns });
  if (workload.kind !== "service") {
    units.push({ unit: layout.unitOf(workload.name), mends, concerns });
    return;
  }
  const { sha256 } = workload.binary;
  const binary = { path: release.binaryPath ?? "", sha256 };
  const upload = replacing("mesh", layout.resources.binary(node.name, workload.binary));
  binaries.add(sha256);
  files.push({ path: binary.path, ...found(access.program), sha256: [sha256], mends: [...upload, ...mends], concerns });
  units.push({ unit: layout.unitOf(workload.name), binary, mends, concerns });
  units.push({ unit: layout.sidecarUnitOf(workload.name), mends, concerns });
}

function fileFrom({ path, mode, content }: NodeFile, mends: Mend[], concerns: string[]): ExpectedFile {
  return { path, mode: found({ mode }).mode, sha256: [digest(content)], mends, concerns };
}

/** A definition carries the instance's token on the machine. */
function locked(file: ExpectedFile, { consul }: Mesh): ExpectedFile {
  return consul.acl && file.path.endsWith(".hcl") ? { ...file, ...found(access.consulOnly) } : file;
}

/** Owner and mode as the node reports them: without the leading zero. */
const found = <A extends { mode: string }>(one: A): A => ({ ...one, mode: one.mode.replace(/^0/, "") });
