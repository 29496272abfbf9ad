/** Reads the facts that `gatehouse-node` (`node/look`) prints: a line each, its fields separated by tabs. */
import type { Agent, Facts, Folder, Listener, Registration, Xds } from "./facts";
import { socketAddress } from "./socket-address";

/** Undefined when the last line is missing, so that the node did not print all of it. */
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
    noFence: one("nofence")[0] ?? "",
    hostKeys: first("hostkey"),
    missing: first("missing"),
    versions: Object.fromEntries(all("version")),
    commands: Object.fromEntries(all("command").map(([command = "", fault = ""]) => [command, fault])),
    accounts: Object.fromEntries(all("account").flatMap(accountFrom)),
    groups: Object.fromEntries(all("group").flatMap(([name = "", gid]) => (gid ? [[name, Number(gid)]] : []))),
    paths: Object.fromEntries(all("path").map(([path = "", kind = ""]) => [path, kind])),
    folders: all("disk").map((values) => folderFrom(values, readOnly)),
    agent: agentFrom(one("agent"), one("leader")[0] ?? ""),
    xds: xdsFrom(all("xds")[0]),
    httpsAlone: all("https").length > 0,
    units: unitsFrom(first("unit")),
    meshes: all("mesh").flatMap(([name = "", earlier]) => (name ? [{ name, earlier: earlier === "earlier" }] : [])),
    ran: ranFrom(all("ran")),
    believed: first("believed"),
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
    ...madeFrom(one("made")[0]),
  };
}

/** JSON of the node program; empty lists may be null there. */
function madeFrom(line: string | undefined): Pick<Facts, "made"> {
  return line === undefined ? {} : { made: JSON.parse(line, (_, value) => value ?? []) };
}

function ranFrom(lines: string[][]): Facts["ran"] {
  const ran: Facts["ran"] = {};
  for (const [mesh = "", resource = "", creation = ""] of lines) {
    ran[mesh] = { ...ran[mesh], [resource]: creation };
  }
  return ran;
}

function accountFrom([name = "", uid, groups = ""]: string[]): [string, Facts["accounts"][string]][] {
  return uid ? [[name, { uid: Number(uid), groups: groups.split(" ") }]] : [];
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
    return []; // no agent, or one that refuses
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
  } catch {} // no agent, or a refusal in words
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
