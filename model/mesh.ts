/**
 * The checked mesh: every default filled in, every name resolved, and the facts that follow from the declaration.
 * The rooms below read this and nothing else.
 */
import type { Arch, HealthDeclaration, OwnedEntry, Protocol } from "./declaration";
import type { PortRanges } from "./ports";

export interface Mesh {
  name: string;
  consul: Consul;
  /** In the order of the declaration. */
  nodes: MeshNode[];
  services: Service[];
  gateways: Gateway[];
  /** Every instance on every node, in a safe order: an upstream before its callers, gateways last. */
  instances: Instance[];
  /** In the order in which Consul accepts them. */
  configEntries: ConfigEntry[];
  takeOver: TakeOver;
  ports: PortRanges;
}

/** What was made by hand and becomes the mesh's. */
export interface TakeOver {
  services: string[];
  gateways: string[];
  /** Gateways of which those made by hand on other nodes go. */
  letGo: string[];
  /** As `kind/name`. */
  configEntries: string[];
}

export interface Consul {
  datacenter: string;
  /** The one that is used. */
  address: string;
  /** All that are declared, each once, in the order in which they are tried. */
  addresses: string[];
  existing: boolean;
  /** Which entries for everyone the mesh writes. All where Gatehouse sets up Consul. */
  owns: OwnedEntry[];
  acl: boolean;
  tls: boolean;
  gossipEncryption: boolean;
}

export interface MeshNode {
  name: string;
  role: "server" | "worker";
  address: string;
  hostKey: string;
  arch: Arch;
  retired: boolean;
  ssh: NodeSsh;
}

export interface NodeSsh {
  user: string;
  port: number;
  agent: boolean;
  /** Absolute path. Undefined with an agent. */
  privateKeyFile?: string;
  bastion?: { host: string; port: number; user: string; hostKey: string; privateKeyFile?: string };
}

/** As the unit states them. Undefined: no limit. */
export interface Limits {
  memoryMax?: string;
  cpuQuota?: string;
}

export interface Service extends Limits {
  kind: "service";
  name: string;
  runsOn: string[];
  port: number;
  protocol: Protocol;
  binary: Binary;
  args: string[];
  env: Record<string, string>;
  /** Secret environment variables by name, in the order of their names. Their values are in the mesh's secrets. */
  secrets: { name: string; version: string }[];
  health: Health;
  upstreams: { name: string; localPort: number }[];
  /** Upstreams whose instances come first. In a cycle of upstreams nobody waits for anybody in that cycle. */
  deployAfter: string[];
}

export interface Binary {
  /** Absolute path on the machine that deploys. */
  path: string;
  /** Lower-case hex. Zeros when the file is missing. */
  sha256: string;
  /** There is no such file yet: such a mesh can be read and not deployed. */
  missing?: boolean;
}

/** Exactly one of http, tcp, grpc, script is set. */
export type Health = HealthDeclaration & { interval: string; timeout: string };

export interface Gateway extends Limits {
  kind: "ingress-gateway";
  name: string;
  runsOn: string[];
  listeners: {
    port: number;
    protocol: Protocol;
    tls?: { minVersion: string; sds?: { clusterName: string; certResource: string } };
    services: { name: string; hosts?: string[] }[];
  }[];
  extraStaticClustersJson?: string;
}

/** One service or gateway on one node. */
export interface Instance {
  workload: Service | Gateway;
  node: MeshNode;
  /** Envoy's admin port on 127.0.0.1. */
  adminPort: number;
  /** Port of the sidecar's public listener. Undefined for a gateway. */
  sidecarPort?: number;
  /** The instance of the same workload that is rolled before this one, by node name. */
  after?: string;
}

/** A config entry as Consul's API takes it, in the form that plans clean. */
export interface ConfigEntry {
  kind: string;
  name: string;
  /** Without Kind and Name. */
  config: Record<string, unknown>;
  /** Other services that an entry sends calls to. @default none */
  leadsTo?: string[];
}

/** A problem in the declaration. */
export interface Problem {
  /** Where: `services.frontend.upstreams.backend.localPort`. Empty for the declaration as a whole. */
  path: string;
  /** What was found there, as written. */
  found: string;
  /** Why it cannot work. */
  reason: string;
  /** What to do. */
  remedy: string;
}

/** What the checks ask of the file system; tests give their own. */
export interface Files {
  /** "missing", "unreadable", "folder", "file" or "executable". Relative paths count from the project's folder. */
  look(path: string): "missing" | "unreadable" | "folder" | "file" | "executable";
  absolute(path: string): string;
  sha256(path: string): string;
  /** Private keys are where Terraform runs, which is elsewhere: none is looked for. @default false */
  keysElsewhere?: boolean;
  /** The mesh is to be read and not deployed: what only a deploy needs may be missing. @default false */
  forReview?: boolean;
}
