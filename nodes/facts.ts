/** What a machine told of itself, read from the lines of gatehouse-node (`node/look`). */

import { socketAddress } from "./socket-address";

export interface Facts {
  /** The machine's clock when it began to look, in milliseconds since 1970. */
  clock: number;
  uid: number;
  /** What `uname -m` says. */
  arch: string;
  /** The home folder of the user who logs in, and who may come in there: mode, owner and group of it. */
  home: { path: string; mode: number; owner: string; group: string };
  /** The name of process 1. */
  init: string;
  /** `state`: what `systemctl is-system-running` says. */
  systemd: { version: number; state: string };
  /** What systemd can limit there: "cpu", "memory". */
  controllers: string[];
  /** Public host keys that the machine's sshd shows, `ssh-ed25519 AAAA...`. */
  hostKeys: string[];
  missing: string[];
  /** Of consul and envoy where they are there; empty when they do not say. */
  versions: { consul?: string; envoy?: string };
  folders: Folder[];
  agent: Agent;
  /** How Envoy would reach an agent that Gatehouse did not set up. Undefined where that has no gRPC port. */
  xds?: Xds;
  /** Whether the agent has its API on port 8501 with TLS, and not on port 8500. */
  httpsAlone: boolean;
  units: { name: string; file: string; state: string }[];
  /** The meshes on record there. `earlier`: by a version that knows of one mesh on a node. */
  meshes: { name: string; earlier: boolean }[];
  /** The mesh that set up its agent; empty when none. */
  agentMesh: string;
  /** Instances that Gatehouse has put there. */
  instances: string[];
  /** The mesh of each of them; empty where an earlier version recorded none. */
  owners: Record<string, string>;
  /** Those among them that a person took back to an earlier release with `mesh rollback`. */
  rolledBack: string[];
  /** SHA-256 of the binaries that Gatehouse has put there. */
  binaries: string[];
  /** SHA-256 by path, of those that are there. */
  files: Record<string, string>;
  definitions: { file: string; name: string }[];
  /** Ids and ports in the files of those. */
  settings: { file: string; key: string; value: string }[];
  /** Units and definitions that Gatehouse wrote. */
  written: string[];
  /** Units that Gatehouse did not write, with the id that their Envoy has or that its service has. */
  runs: { file: string; id: string }[];
  /** What the agent has registered, as far as it tells without a token where it has no token of ours. */
  registrations: Registration[];
  listeners: Listener[];
  /** Where services can be reached past the mesh, by unit. */
  open: { unit: string; at: string }[];
}

export interface Folder {
  path: string;
  /** The same for folders that share their room. */
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

/** Undefined when the machine did not tell all of it. */
export function readFacts(text: string): Facts | undefined {
  const lines = text.split("\n").map((line) => line.split("\t"));
  if (lines.at(-1)?.[0] !== "end") return undefined;
  const all = (key: string) => lines.filter(([name]) => name === key).map(([, ...values]) => values);
  const one = (key: string) => all(key)[0] ?? [];
  const first = (key: string) => all(key).map(([value = ""]) => value);
  const readOnly = new Set(first("readonly"));
  return {
    clock: Number(one("clock")[0]) * 1000,
    uid: Number(one("user")[0]),
    arch: one("arch")[0] ?? "",
    home: homeFrom(one("home")),
    init: one("init")[0] ?? "",
    systemd: { version: Number(one("systemd")[0]) || 0, state: one("systemd")[1] ?? "" },
    controllers: (one("controllers")[0] ?? "").split(/[\s,]+/),
    hostKeys: first("hostkey"),
    missing: first("missing"),
    versions: Object.fromEntries(all("version")),
    folders: all("disk").map((values) => folderFrom(values, readOnly)),
    agent: agentFrom(one("agent"), one("leader")[0] ?? ""),
    xds: xdsFrom(all("xds")[0]),
    httpsAlone: all("https").length > 0,
    units: unitsFrom(first("unit")),
    meshes: all("mesh").flatMap(([name = "", earlier]) => (name ? [{ name, earlier: earlier === "earlier" }] : [])),
    agentMesh: one("agentmesh")[0] ?? "",
    instances: first("instance"),
    owners: Object.fromEntries(all("instance").map(([name = "", owner = ""]) => [name, owner])),
    rolledBack: first("rolledback"),
    binaries: first("binary"),
    files: Object.fromEntries(all("file")),
    definitions: all("definition").map(([file = "", name = ""]) => ({ file, name })),
    settings: all("setting").map(([file = "", key = "", value = ""]) => ({ file, key, value })),
    written: first("written"),
    runs: all("runs").map(([file = "", id = ""]) => ({ file, id })),
    registrations: registrationsFrom(one("registrations")[0] ?? ""),
    listeners: all("listener").map(listenerFrom),
    open: all("open").map(([unit = "", at = ""]) => ({ unit, at: socketAddress(at) })),
  };
}

function homeFrom([path = "", look = ""]: string[]): Facts["home"] {
  const [mode = "", owner = "", group = ""] = look.split(" ");
  return { path, mode: Number.parseInt(mode, 8) || 0, owner, group };
}

function folderFrom([path = "", device = "", kilobytes, inodes = ""]: string[], readOnly: Set<string>): Folder {
  const [total, free] = inodes.split(" ").map(Number);
  return {
    path,
    device,
    // `df` may be silent, and file systems without a fixed number of inodes say that they have none.
    free: kilobytes ? Number(kilobytes) * 1024 : Number.POSITIVE_INFINITY,
    inodesFree: total ? (free ?? 0) : Number.POSITIVE_INFINITY,
    writable: !readOnly.has(path),
  };
}

/** A page of the agent: anything but what is expected there counts as nothing. */
function registrationsFrom(page: string): Registration[] {
  let answer: unknown;
  try {
    answer = JSON.parse(page);
  } catch {
    return []; // no agent, or one that does not tell
  }
  const all = Object.values(answer ?? {}) as Record<string, unknown>[];
  return all.map((one) => ({
    id: String(one.ID ?? ""),
    service: String(one.Service ?? ""),
    kind: String(one.Kind ?? ""),
    port: Number(one.Port ?? 0),
    of: String((one.Proxy as Record<string, unknown> | undefined)?.DestinationServiceName ?? ""),
    mesh: String((one.Meta as Record<string, unknown> | undefined)?.["gatehouse-mesh"] ?? ""),
  }));
}

function agentFrom([status, self = ""]: string[], leader: string): Agent {
  let answer: { Config?: Record<string, string>; xDS?: { SupportedProxies?: { envoy?: string[] } } } = {};
  try {
    answer = JSON.parse(self) ?? {};
  } catch {} // no agent, or its words for a refusal
  return {
    status: Number(status) || 0,
    datacenter: answer.Config?.Datacenter ?? "",
    nodeName: answer.Config?.NodeName ?? "",
    version: answer.Config?.Version ?? "",
    supportedEnvoys: answer.xDS?.SupportedProxies?.envoy ?? [],
    // Without one the agent says so in words.
    leader: /^\S+:\d+$/.test(leader) ? leader : "",
  };
}

function xdsFrom(line: string[] | undefined): Xds | undefined {
  if (!line) return undefined;
  const [port, kind, authority = "", shown = "", fault = ""] = line;
  return { port: Number(port) || 0, tls: kind === "tls", authority, shown, fault };
}

/** `systemctl show`: a block a unit, an empty line between them. */
function unitsFrom(lines: string[]): Facts["units"] {
  const blocks = `${lines.join("\n")}\n`.split("\n\n").filter(Boolean);
  return blocks.map((block) => {
    const properties = block.split("\n");
    const value = (name: string) =>
      properties.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
    return { name: value("Id"), file: value("FragmentPath"), state: value("ActiveState") };
  });
}

function listenerFrom([at = "", pid = "", unit = "", program = ""]: string[]): Listener {
  const [address = "", port = ""] = at.split(":");
  return { address: kindOf(address), port: Number.parseInt(port, 16), pid, unit, program };
}

/** `/proc/net/tcp` writes an address in hex, each four bytes of it backwards: 127.0.0.1 is 0100007F. */
function kindOf(hex: string): Listener["address"] {
  const v4 = hex.replace(/^0{16}FFFF0000/, ""); // mapped into IPv6
  if (/^0+$/.test(v4)) return "any";
  return /^.{6}7F$/.test(v4) ? "loopback" : "other";
}
