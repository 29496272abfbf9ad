/** A node as the preflight has it looked at: the facts that `gatehouse-node` (`node/look`) prints. */
import type { MadeByHand } from "../templates";

export interface Facts {
  /** The node's clock when its look began, in milliseconds since 1970. */
  clock: number;
  uid: number;
  /** As `uname -m` prints it. */
  arch: string;
  /** The home folder of the user who logs in, with its mode, owner and group. */
  home: { path: string; mode: number; owner: string; group: string };
  /** The name of process 1. */
  init: string;
  /** `state`: as `systemctl is-system-running` prints it. */
  systemd: { version: number; state: string };
  /** Resources that systemd can limit there: "cpu", "memory". */
  controllers: string[];
  /** Why the kernel cannot close ports on loopback to other programs; empty where it can. */
  noFence: string;
  /** Public host keys that the node's sshd shows, `ssh-ed25519 AAAA...`. */
  hostKeys: string[];
  missing: string[];
  /** Versions of the programs that are installed; empty when the program does not print one. */
  versions: { consul?: string; envoy?: string };
  /** Why a service cannot start a command, by command; empty when it can. See node/look/commands.go. */
  commands: Record<string, string>;
  /** The users that services have, by name; without those that do not exist. */
  accounts: Record<string, { uid: number; groups: string[] }>;
  /** The numbers of the groups that services have, by name; without those that do not exist. */
  groups: Record<string, number>;
  /** "folder" or "file" by path, and empty where there is nothing. */
  paths: Record<string, string>;
  folders: Folder[];
  agent: Agent;
  /** How Envoy would reach an agent that Gatehouse did not set up. Undefined where that has no gRPC port. */
  xds?: Xds;
  /** Whether the agent has its API on port 8501 with TLS, and not on port 8500. */
  httpsAlone: boolean;
  units: { name: string; file: string; state: string }[];
  /** The meshes on record there. `earlier`: by a version that knows of one mesh on a node. */
  meshes: { name: string; earlier: boolean }[];
  /** For each mesh the Terraform resources whose programs ran there to their end, with the id of each resource's creation. */
  ran: Record<string, Record<string, string>>;
  /** Meshes whose resources are believed without such a record: an earlier version deployed them. */
  believed: string[];
  /** The mesh that set up its agent; empty when none. */
  agentMesh: string;
  /** Instances that Gatehouse has put there. */
  instances: string[];
  /** The mesh of each of them; empty where an earlier version recorded none. */
  owners: Record<string, string>;
  /** Those of them that a person took back to an earlier release with `mesh rollback`. */
  rolledBack: string[];
  /** SHA-256 of the binaries that Gatehouse has put there. */
  binaries: string[];
  /** SHA-256 by path, without files that do not exist. */
  files: Record<string, string>;
  definitions: { file: string; name: string }[];
  /** Ids and ports in the files of those. */
  settings: { file: string; key: string; value: string }[];
  /** Units and definitions that Gatehouse wrote. */
  written: string[];
  /** Units that Gatehouse did not write, with the id that their Envoy has or that its service has. */
  runs: { file: string; id: string }[];
  /** The agent's registrations, as far as it shows them: without a token where it has none of ours. */
  registrations: Registration[];
  listeners: Listener[];
  /** Where services can be reached past the mesh, by unit. */
  open: { unit: string; at: string }[];
  /** Services and gateways that people made there. Undefined where it was not asked, or where systemd does not answer. */
  made?: MadeByHand[];
}

export interface Folder {
  path: string;
  /** The file system: folders with the same device share their space. */
  device: string;
  /** Bytes. */
  free: number;
  inodesFree: number;
  writable: boolean;
}

export interface Agent {
  /** HTTP status of `/v1/agent/self`; 0 when nothing answered. */
  status: number;
  datacenter: string;
  nodeName: string;
  version: string;
  supportedEnvoys: string[];
  /** Address of the leader, or empty. */
  leader: string;
}

/** The agent's gRPC port. */
export interface Xds {
  port: number;
  tls: boolean;
  /** Where the authority was found that has signed the agent's certificate. Empty when there is none. */
  authority: string;
  /** That certificate, in words. */
  shown: string;
  /** `unsigned`, `wants-certificate`, `no-tls`, or empty. */
  fault: string;
}

export interface Registration {
  id: string;
  service: string;
  /** Empty for a service. */
  kind: string;
  port: number;
  /** The service that a sidecar is for, or empty. */
  of: string;
  /** The mesh whose mark it bears, or empty. */
  mesh: string;
}

export interface Listener {
  address: "loopback" | "any" | "other";
  port: number;
  pid: string;
  /** The systemd unit that the process belongs to, or empty. */
  unit: string;
  program: string;
}
