/** A release of one instance, and the program that puts it into service on its node. */
import { basename, dirname } from "node:path";
import {
  type Binary,
  hasEnvoy,
  hasOwnUnit,
  type Instance,
  instanceCount,
  layout,
  type Mesh,
  type MeshNode,
  processUnitOf,
  type Service,
} from "../model";
import { binaryPath, commandBefore, commandOf, nameOnNode } from "./binary";
import { healthOf } from "./health";
import { beforeUnit, gatewayFiles, serviceFiles } from "./instance-files";
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
  /** Configuration files whose content is a secret, which takes the same way. */
  secretConfig: string[];
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
  const hash = releaseHash(files, binary, secrets, isService ? unseen(mesh, { ...workload, name }) : []);
  const release = hash.slice(0, 12);
  return {
    files,
    ...(secrets.length > 0 && { secretFile: layout.secretEnvironmentFile(name) }),
    secretConfig: isService ? secretConfigOf({ ...workload, name }) : [],
    hash,
    release,
    ...(binary && { binaryPath: binaryPath(binary) }),
    program: nodeProgram("instance apply", documentOf(mesh, instance, files, release)),
  };
}

/** Paths on the node of configuration files whose content is a secret. */
export const secretConfigOf = ({ name, secretFiles = [] }: Service): string[] =>
  secretFiles.map((file) => `${layout.configFolder(name)}/${file.name}`);

/** Hashes each file with the kind of its folder: the hash was made so from the first version on, and another one rolls every instance. */
const kinds: Record<string, string> = {
  [layout.folders.consul]: "consul",
  [layout.folders.units]: "systemd",
  [layout.folders.env]: "env",
  [layout.folders.fences]: "fence",
};

/** The settings of a release that are in none of its files. */
function unseen(mesh: Mesh, service: Service): string[] {
  const { purge, reload, health, secretFiles = [] } = service;
  const before = beforeUnit(mesh, service);
  return [
    ...(health.startTimeout === undefined ? [] : [`start ${health.startTimeout}`]),
    ...(purge ? ["purge"] : []),
    ...(reload === undefined ? [] : [`reload ${reload}`]),
    ...secretFiles.map(({ name, secret, version }) => `file ${name}:${secret}:${version}`),
    ...(before === undefined ? [] : [`before ${before}`]),
  ];
}

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
    kind: hasEnvoy(workload) ? workload.kind : "job",
    release,
    files,
    ...(service?.binary && { binary: binaryOf(service.binary, node) }),
    ...(service && processOf(name, service)),
    // Names and versions: a release with other ones is another release.
    ...(service && service.secrets.length > 0 && { secrets: service.secrets }),
    ...(service && partsOf(mesh, { ...service, name })),
    ...(service && hasEnvoy(service) && { port: service.port, sidecarPort, upstreams: service.upstreams }),
    adminPort: hasEnvoy(workload) ? adminPort : 0,
    health: healthOf(instance),
    drain: instanceCount(workload) > 1 && (workload.kind !== "service" || workload.port !== undefined),
    ...(service?.purge && { purge: true }),
    ...(service?.reload !== undefined && { reload: service.reload }),
    // No part of the hash: a takeover does not change the release, and a deploy that was refused runs again anyway.
    ...(isTakenOver(mesh, instance) && { takeOver: true }),
  };
}

/** The program that its unit starts, or the unit that runs already. */
function processOf(name: string, service: Service): Pick<InstanceDocument, "program" | "unit" | "sameProcessAs"> {
  if (hasOwnUnit(service)) return { program: commandOf(service)[0] };
  const { sameProcessAs } = service;
  return { unit: processUnitOf(name, service), ...(sameProcessAs !== undefined && { sameProcessAs }) };
}

/** The secret files of a service, and what runs before a release of it. */
function partsOf(mesh: Mesh, service: Service): Pick<InstanceDocument, "secretFiles" | "before"> {
  const { name, secretFiles = [], before = [] } = service;
  const unit = beforeUnit(mesh, service);
  const programs = before.map((command) => commandBefore(service, command)[0]!);
  return {
    ...(secretFiles.length > 0 && {
      secretFiles: secretFiles.map((file) => ({
        path: `${layout.configFolder(name)}/${file.name}`,
        secret: file.secret,
        version: file.version,
      })),
    }),
    ...(unit !== undefined && { before: { unit, programs: [...new Set(programs)] } }),
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
