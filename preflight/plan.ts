/** Everything that a deploy is going to need on one node. */

import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { hasEnvoy, type Instance, layout, type Mesh, type MeshNode, ownUnitsOf, processUnitOf } from "../model";
import { agentRelease, type PreflightQuestions, programsOn } from "../templates";
import { agentPorts, portsOf, type WantedPort } from "./plan-ports";
import { type Build, buildsOf, bytesOf, commandsOf, type Need, namesOf, needsOf, type WantedCommand } from "./plan-run";

const MiB = 1024 * 1024;

/** Folders that a deploy writes to, with the space that it needs there besides the binaries: its files and releases are small. */
const MARGINS: Record<string, number> = {
  [layout.folders.gatehouse]: 64 * MiB,
  [layout.folders.consulData]: 32 * MiB,
  [layout.folders.units]: 4 * MiB,
  [layout.folders.consul]: 4 * MiB,
  [layout.folders.commands]: MiB,
  [dirname(layout.folders.backups)]: 4 * MiB,
  "/tmp": 16 * MiB,
};

export interface Plan {
  /** The mesh's name. */
  mesh: string;
  node: MeshNode;
  datacenter: string;
  acl: boolean;
  tls: boolean;
  /** Whether Consul was there before. */
  existing: boolean;
  /** Whether the `cluster` stack sets up the agent. */
  ownAgent: boolean;
  /** Whether there is a `cluster` stack at all, also for a node that is retired. */
  hasCluster: boolean;
  programs: string[];
  ports: WantedPort[];
  /** Names of the instances. */
  instances: string[];
  /** The same with what the declaration says of what was made by hand under such a name, and the unit of others that serves. */
  workloads: {
    name: string;
    kind: Instance["workload"]["kind"];
    takeOver: boolean;
    canTakeOver: boolean;
    unitOfOthers?: string;
  }[];
  /** Gateways that run on other nodes, and whether one made by hand here is to go. */
  elsewhere: { name: string; runsOn: string[]; letGo: boolean }[];
  units: string[];
  /** The units whose processes are services. */
  services: string[];
  /** Units that others own, with the service that each is to be. */
  unitsOfOthers: { unit: string; service: string; port: number }[];
  /** Declared limits, each with what systemd needs for it: `{ memory: "memoryMax of shop" }`. */
  limits: Partial<Record<"cpu" | "memory", string>>;
  /** Bytes that must be free, by folder; the binaries are not among them. */
  folders: Record<string, number>;
  /** By SHA-256. */
  binaries: Map<string, { path: string; bytes: number }>;
  /** Programs of the node that services start. */
  commands: WantedCommand[];
  /** Users, groups and paths of the node that services need. */
  needs: Need[];
  /** Programs of the project that are built for one kind of processor. */
  builds: Build[];
  /** SHA-256 of the agent's files as the `cluster` stack wants them. Empty where there is no such stack. */
  agentFiles: Record<string, string>;
}

/** Reads files on the machine that deploys. */
export interface FilesHere {
  /** Its bytes. */
  size(path: string): number;
  /** The program that starts it, as `interpreterOf` says. */
  interpreter(path: string): string | undefined;
  /** The processor that it is built for, as `processorOf` says. */
  processor(path: string): string | undefined;
}

export function planFor(mesh: Mesh, node: MeshNode, here: FilesHere): Plan {
  // A retired node is emptied: that needs no space, no port and no Envoy.
  const instances = node.retired ? [] : mesh.instances.filter((instance) => instance.node.name === node.name);
  const services = [
    ...new Map(
      instances.flatMap(({ workload }) => (workload.kind === "service" ? [[workload.name, workload]] : [])),
    ).values(),
  ];
  const ownAgent = !mesh.consul.existing && !node.retired;
  const binaries: Plan["binaries"] = new Map();
  for (const { workload } of instances) {
    if (workload.kind !== "service" || !workload.binary) continue;
    const { path, sha256 } = workload.binary;
    if (!binaries.has(sha256)) binaries.set(sha256, { path, bytes: bytesOf(workload.binary, here) });
  }
  return {
    mesh: mesh.name,
    node,
    datacenter: mesh.consul.datacenter,
    acl: mesh.consul.acl,
    tls: mesh.consul.tls,
    existing: mesh.consul.existing,
    ownAgent,
    hasCluster: !mesh.consul.existing,
    programs: node.retired ? [] : programsOn(node),
    ports: [...(ownAgent ? agentPorts(node, mesh.consul) : []), ...instances.flatMap(portsOf)],
    instances: instances.map(({ name }) => name),
    workloads: instances.map(({ name, workload }) => ({
      name,
      kind: workload.kind,
      ...("unitOfOthers" in workload && { unitOfOthers: workload.unitOfOthers }),
      takeOver: (workload.kind === "service" ? mesh.takeOver.services : mesh.takeOver.gateways).includes(name),
      canTakeOver: workload.kind !== "service" || workload.port !== undefined,
    })),
    elsewhere: node.retired
      ? []
      : mesh.gateways
          .filter(({ runsOn }) => !runsOn.includes(node.name))
          .map(({ name, runsOn }) => ({ name, runsOn, letGo: mesh.takeOver.letGo.includes(name) })),
    units: instances.flatMap(({ name, workload }) =>
      hasEnvoy(workload) ? ownUnitsOf(name, workload) : [layout.unitOf(name)],
    ),
    services: [
      ...new Set(
        instances.flatMap(({ name, workload }) => (workload.kind === "service" ? [processUnitOf(name, workload)] : [])),
      ),
    ],
    unitsOfOthers: services.flatMap(({ name: service, port, unitOfOthers: unit }) =>
      unit === undefined || port === undefined ? [] : [{ unit, service, port }],
    ),
    limits: {
      ...limitOf(instances, "memoryMax", "memory"),
      ...limitOf(instances, "cpuQuota", "cpu"),
    },
    folders: node.retired ? {} : MARGINS,
    binaries,
    commands: services.flatMap((service) => commandsOf(service, here)),
    needs: services.flatMap(needsOf),
    builds: services.flatMap((service) => buildsOf(service, here)),
    agentFiles: ownAgent ? agentFiles(mesh, node) : {},
  };
}

/** Records of an agent that Gatehouse set up, in this version and in earlier ones. */
export const AGENT_RECORDS = [layout.files.agentRecord, layout.files.earlierAgentRecord];

/** The questions for the node. */
export function questionsOf({
  programs,
  ports,
  instances,
  units,
  services,
  unitsOfOthers,
  folders,
  agentFiles,
  elsewhere,
  commands,
  needs,
}: Plan): PreflightQuestions {
  const gateways = elsewhere.map(({ name }) => name);
  return {
    programs,
    ports: ports.map(({ port }) => port),
    units: [
      ...new Set([
        layout.consulUnit,
        ...units,
        ...gateways.map(layout.unitOf),
        ...unitsOfOthers.map(({ unit }) => unit),
      ]),
    ],
    services,
    names: [...instances, ...gateways],
    folders: Object.keys(folders),
    files: [...AGENT_RECORDS, ...Object.keys(agentFiles)],
    commands: [...new Set(commands.map(({ command }) => command))],
    users: namesOf(needs, "user"),
    groups: namesOf(needs, "group"),
    paths: [...namesOf(needs, "folder"), ...namesOf(needs, "path")],
  };
}

function agentFiles(mesh: Mesh, node: MeshNode): Record<string, string> {
  const { files } = agentRelease(mesh, node);
  return Object.fromEntries(
    files.map(({ path, content }) => [path, createHash("sha256").update(content).digest("hex")]),
  );
}

function limitOf(instances: Instance[], field: "memoryMax" | "cpuQuota", controller: "memory" | "cpu") {
  const names = instances.filter(({ workload }) => workload[field] !== undefined).map(({ workload }) => workload.name);
  return names.length > 0 ? { [controller]: `${field} of ${[...new Set(names)].join(", ")}` } : {};
}
