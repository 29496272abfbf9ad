/** A release of one instance, and the program that puts it into service on its node. */
import { basename, dirname } from "node:path";
import { type Binary, type Instance, instanceCount, layout, type Mesh, type MeshNode, type Service } from "../model";
import { binaryPath, commandOf, nameOnNode } from "./binary";
import { healthOf } from "./health";
import { gatewayFiles, serviceFiles } from "./instance-files";
import type { Instance as InstanceDocument } from "./node-documents";
import type { NodeFile } from "./node-file";
import { contentHash, nodeProgram } from "./program";

/** The files of an instance, their hash, and the program that puts them into service. */
export interface InstanceRelease {
  files: NodeFile[];
  /**
   * The file of the secret variables on the node, which root alone reads. Their values take a way of their own. Undefined when
   * there are none.
   */
  secretFile?: string;
  /** Hash of what makes the release: the files and the binary. */
  hash: string;
  /** The name of the release's folder on the node. */
  release: string;
  /** Path on the node of what a deploy brings there: a file, or the folder of an unpacked archive. Undefined when that is nothing. */
  binaryPath?: string;
  /** The program that puts it into service. */
  program: string;
}

/** Renders one instance. */
export function instanceRelease(mesh: Mesh, instance: Instance): InstanceRelease {
  const { name, workload } = instance;
  const isService = workload.kind === "service";
  const files = isService ? serviceFiles(mesh, instance, workload) : gatewayFiles(mesh, instance, workload);
  const binary = isService ? workload.binary : undefined;
  const secrets = isService ? workload.secrets : [];
  const hash = releaseHash(files, binary, secrets, isService ? unseen(workload) : []);
  const release = hash.slice(0, 12);
  return {
    files,
    ...(secrets.length > 0 && { secretFile: layout.secretEnvironmentFile(name) }),
    hash,
    release,
    ...(binary && { binaryPath: binaryPath(binary) }),
    program: nodeProgram("instance apply", documentOf(mesh, instance, files, release)),
  };
}

/** Hashes each file with the kind of its folder: the hash was made so from the first version on, and another one rolls every instance. */
const kinds: Record<string, string> = {
  [layout.folders.consul]: "consul",
  [layout.folders.units]: "systemd",
  [layout.folders.env]: "env",
  [layout.folders.fences]: "fence",
};

/** The settings of a release that are in none of its files. */
const unseen = ({ purge, reload, health }: Service): string[] => [
  ...(health.startTimeout === undefined ? [] : [`start ${health.startTimeout}`]),
  ...(purge ? ["purge"] : []),
  ...(reload === undefined ? [] : [`reload ${reload}`]),
];

function releaseHash(
  files: NodeFile[],
  binary: Binary | undefined,
  secrets: Service["secrets"],
  unseen: string[],
): string {
  const contents = files.flatMap(({ path, content }) => [
    kinds[dirname(path)] ?? "configuration",
    basename(path),
    content,
  ]);
  const versions = secrets.map(({ name, version }) => `${name}:${version}`).join(" ");
  return contentHash(binary?.sha256 ?? "", ...contents, ...(versions ? [versions] : []), ...unseen);
}

function documentOf(mesh: Mesh, instance: Instance, files: NodeFile[], release: string): InstanceDocument {
  const { name, workload, node, sidecarPort, adminPort } = instance;
  const service = workload.kind === "service" ? workload : undefined;
  return {
    mesh: mesh.name,
    node: node.name,
    name,
    ...(name !== workload.name && { service: workload.name }),
    kind: workload.kind,
    release,
    files,
    ...(service?.binary && { binary: binaryOf(service.binary, node) }),
    ...(service && { program: commandOf(service)[0] }),
    // Names and versions: a release with other ones is another release.
    ...(service && service.secrets.length > 0 && { secrets: service.secrets }),
    ...(service && { port: service.port, sidecarPort, upstreams: service.upstreams }),
    adminPort,
    health: healthOf(instance),
    drain: instanceCount(workload) > 1,
    ...(service?.purge && { purge: true }),
    ...(service?.reload !== undefined && { reload: service.reload }),
    // No part of the hash: a takeover does not change the release, and a deploy that was refused runs again anyway.
    ...(isTakenOver(mesh, instance) && { takeOver: true }),
  };
}

function binaryOf(binary: Binary, node: MeshNode): InstanceDocument["binary"] {
  const { sha256, archive, url } = binary;
  return {
    sha256,
    name: nameOnNode(binary),
    ...(archive && { archive }),
    ...(url === undefined ? { resource: layout.resources.binary(node.name, binary) } : { url }),
  };
}

/** The first instance on a node: what a person made there has its name. */
function isTakenOver({ takeOver }: Mesh, { name, workload: { kind } }: Instance): boolean {
  return (kind === "service" ? takeOver.services : takeOver.gateways).includes(name);
}
