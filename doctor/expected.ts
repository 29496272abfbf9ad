/** Everything that the declaration puts on a node, each with the Terraform resource that brings it there. */

import { createHash } from "node:crypto";
import type { Fix } from "../findings";
import { hasEnvoy, hasOwnUnit, type Instance, layout, type Mesh, type MeshNode, type Service } from "../model";
import { agentRelease, agentSecretFiles, instanceRelease, type NodeFile, nodeRelease, runsItself } from "../templates";
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
  /** The program of a service's own unit. @default the unit runs an Envoy or Consul */
  binary?: { path: string; sha256: string };
  /** A unit of others: it has to run, and nothing else about it is the mesh's business. @default the mesh's own */
  ofOthers?: { service: string };
  fix: Fix[];
  concerns: string[];
}

/** A node as declared. */
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
  /** Folders of archives that are unpacked here. */
  unpacked: { path: string; sha256: string; fix: Fix[]; concerns: string[] }[];
  sweep: Fix[];
  /** Gateways made by hand here that go on serving after they were taken over: until `takeOver.letGo` names them. */
  goOn: string[];
  /** Units that others own and that serve in the mesh, here or on other nodes. */
  unitsOfOthers: string[];
}

const { access } = layout;

const replacing = (stack: Fix["stack"], id: string): Fix[] => [{ stack, replace: `null_resource.${id}` }];
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The resources whose replacement repairs an instance, a node, the program or the agent. A test compares them with the stacks. */
export const fixInstance = ({ name, node }: Instance): Fix[] =>
  replacing("mesh", layout.resources.instance(name, node.name));
export const fixNode = (node: MeshNode): Fix[] => replacing("mesh", layout.resources.node(node.name));
/** gatehouse-node comes with the first stack that needs it. */
export const fixProgram = ({ consul }: Mesh, node: MeshNode): Fix[] =>
  replacing(consul.existing ? "mesh" : "cluster", layout.resources.program(node.name));
const fixAgent = (node: MeshNode): Fix[] => replacing("cluster", layout.resources.agent(node.name));

/** Everything that `mesh` declares for `node`: nothing for a retired node. */
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
    unpacked: [],
    sweep: replacing("mesh", layout.resources.sweep(node.name)),
    goOn: mesh.gateways
      .filter(({ name, runsOn }) => mesh.takeOver.gateways.includes(name) && !runsOn.includes(node.name))
      .map(({ name }) => name)
      .filter((name) => !mesh.takeOver.letGo.includes(name)),
    unitsOfOthers: mesh.services.flatMap(({ unitOfOthers }) => unitOfOthers ?? []),
  };
  if (node.retired) return expected;
  const all = instances.map(({ name }) => about.instance(name, node.name));
  if (!mesh.consul.existing) addAgent(expected, mesh, all);
  addNode(expected, mesh, all);
  for (const instance of instances) addInstance(expected, mesh, instance);
  return expected;
}

function addAgent({ node, files, units }: Expected, mesh: Mesh, concerns: string[]): void {
  const fix = fixAgent(node);
  files.push(...agentRelease(mesh, node).files.map((file) => fileFrom(file, fix, concerns)));
  for (const { path, ...secret } of agentSecretFiles(mesh, node))
    files.push({ path, ...reported(secret), sha256: [], fix, concerns });
  files.push({ path: layout.files.agentRecord, ...reported(access.anyone), sha256: [], fix, concerns });
  units.push({ unit: layout.consulUnit, fix, concerns });
}

function addNode({ node, files, units }: Expected, mesh: Mesh, concerns: string[]): void {
  const fix = fixNode(node);
  files.push(...nodeRelease(mesh, node).files.map((file) => fileFrom(file, fix, [])));
  files.push({ path: layout.meshRecord(mesh.name), ...reported(access.anyone), sha256: [], fix, concerns: [] });
  if (node.role === "server") return;
  units.push({ unit: layout.fenceUnit, fix, concerns });
  const { agentXdsCa, xdsCa, nodeEnv } = layout.files;
  // gatehouse-node asked the agent which of these the node needs.
  const xds = (ca: string) => ` -grpc-addr https://127.0.0.1:${layout.consulPorts.grpcTls} -grpc-ca-file ${ca}`;
  const ways = mesh.consul.tls ? [xds(agentXdsCa), xds(xdsCa)] : [""];
  const flags = ["", "-ignore-envoy-compatibility"].flatMap((flag) => ways.map((way) => flag + way));
  // An agent that was there before has ports of its own.
  const sha256 = mesh.consul.existing ? [] : flags.map((flag) => digest(`GATEHOUSE_ENVOY_FLAGS=${flag}\n`));
  if (mesh.consul.existing && mesh.consul.tls) {
    files.push({ path: xdsCa, ...reported(access.anyone), sha256: [], fix, concerns });
  }
  files.push({ path: nodeEnv, ...reported(access.anyone), sha256, fix, concerns });
}

function addInstance(expected: Expected, mesh: Mesh, instance: Instance): void {
  const { node, files, units, links } = expected;
  const { name, workload } = instance;
  const release = instanceRelease(mesh, instance);
  const fix = fixInstance(instance);
  const concerns = [about.instance(name, node.name)];
  files.push(...release.files.map((file) => fileFrom(file, fix, concerns)).map((file) => locked(file, mesh)));
  if (mesh.consul.acl && hasEnvoy(workload)) {
    const token = layout.tokenFile(name);
    const brought = replacing("mesh", layout.resources.tokens(node.name));
    files.push({ path: token, ...reported(access.rootOnly), sha256: [], fix: [...brought, ...fix], concerns });
  }
  if (release.secretFile)
    files.push({ path: release.secretFile, ...reported(access.rootOnly), sha256: [], fix, concerns });
  // It can be read by all who get into its folder: root and the service.
  for (const path of release.secretConfig) files.push({ path, ...reported(access.anyone), sha256: [], fix, concerns });
  const link = layout.currentRelease(name);
  links.push({ path: link, target: `releases/${release.release}`, fix, concerns });
  if (workload.kind !== "service") {
    units.push({ unit: layout.unitOf(name), fix, concerns });
    return;
  }
  addProgram(expected, { name, workload, node }, { path: release.binaryPath ?? "", fix, concerns });
}

/** The units of a service, and what a deploy brings for it. */
function addProgram(
  { files, units, binaries, unpacked }: Expected,
  { name, workload, node }: { name: string; workload: Service; node: MeshNode },
  at: { path: string; fix: Fix[]; concerns: string[] },
): void {
  const { binary } = workload;
  const { path, fix, concerns } = at;
  const itself = binary && runsItself(workload) && { binary: { path, sha256: binary.sha256 } };
  if (hasOwnUnit(workload)) units.push({ unit: layout.unitOf(name), ...itself, fix, concerns });
  const { name: service, unitOfOthers: unit } = workload;
  if (unit !== undefined && !units.some((other) => other.unit === unit))
    units.push({ unit, ofOthers: { service }, fix: [], concerns });
  if (hasEnvoy(workload)) units.push({ unit: layout.sidecarUnitOf(name), fix, concerns });
  if (workload.health.script) units.push({ unit: layout.healthUnits.socketUnit(name), fix, concerns });
  if (!binary) return;
  const { sha256, archive, url } = binary;
  const upload = url === undefined ? replacing("mesh", layout.resources.binary(node.name, binary)) : [];
  const brought = { path, fix: [...upload, ...fix], concerns };
  binaries.add(sha256);
  if (archive) unpacked.push({ ...brought, sha256 });
  else files.push({ ...brought, ...reported(access.program), sha256: [sha256] });
}

function fileFrom({ path, mode, content }: NodeFile, fix: Fix[], concerns: string[]): ExpectedFile {
  return { path, ...reported({ mode }), sha256: [digest(content)], fix, concerns };
}

/** On the node, a definition holds the instance's token. */
function locked(file: ExpectedFile, { consul }: Mesh): ExpectedFile {
  return consul.acl && file.path.endsWith(".hcl") ? { ...file, ...reported(access.consulOnly) } : file;
}

/** Mode and owner as a node reports them: the mode without its leading zero. */
const reported = <A extends { mode: string }>(one: A): A => ({ ...one, mode: one.mode.replace(/^0/, "") });
