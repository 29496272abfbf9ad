/** A mesh as a reviewer compares it: what is declared, and the text of every file that ends on a node. */
import type { Binary, ConfigEntry, Mesh } from "../model";
import { filesOnNodes, routesOf } from "../templates";

export interface Rendered {
  name: string;
  nodes: Record<string, { role: string; retired: boolean; identity: string }>;
  workloads: Record<string, Workload>;
  instances: Instance[];
  /** Allowed calls: "allow", or the permissions as JSON, by "caller -> called". Others are denied. */
  edges: Record<string, string>;
  /** A line for each host of a listener. */
  routes: string[];
  /** Config entries that are said nowhere else, as JSON, by "kind/name". */
  entries: Record<string, string>;
  /** By node, then by path on it. */
  files: Record<string, Record<string, string>>;
}

export interface Workload {
  kind: "service" | "ingress-gateway";
  runsOn: string[];
  /** More than one instance by node. */
  instancesOn?: Record<string, number>;
  /** The fields that a person wrote, in the words of the declaration. Values of `env` are by name. */
  settings: Record<string, unknown>;
  env: Record<string, string>;
  /** SHA-256 of what a deploy brings to its nodes. */
  binary?: string;
  /** The same in words, when it is more than one executable file. */
  content?: string;
}

export interface Instance {
  workload: string;
  /** On its node. */
  name: string;
  node: string;
  /** Paths on the node. */
  files: string[];
}

const SAID_ELSEWHERE = ["service-intentions", "ingress-gateway"];

/** Renders all that a deploy would put on nodes. */
export function rendered(mesh: Mesh): Rendered {
  const files: Rendered["files"] = {};
  const instances: Instance[] = [];
  for (const { node, instance, files: some } of filesOnNodes(mesh)) {
    const contents = some.map(({ path, content }) => [path, content]);
    files[node.name] = { ...files[node.name], ...Object.fromEntries(contents) };
    if (!instance) continue;
    const { name, workload } = instance;
    instances.push({ workload: workload.name, name, node: node.name, files: some.map(({ path }) => path) });
  }
  return {
    name: mesh.name,
    nodes: Object.fromEntries(
      mesh.nodes.map(({ name, role, retired, address, hostKey }) => [
        name,
        { role, retired, identity: `${address} ${hostKey}` },
      ]),
    ),
    workloads: workloads(mesh),
    instances,
    edges: edges(mesh.configEntries),
    routes: mesh.gateways.flatMap((gateway) =>
      routesOf(mesh, gateway).map(
        ({ port, protocol, host, service }) =>
          `${gateway.name} :${port} ${protocol}${host === "-" ? "" : ` host ${host}`} -> ${service}`,
      ),
    ),
    entries: Object.fromEntries(
      mesh.configEntries
        .filter(({ kind }) => !SAID_ELSEWHERE.includes(kind))
        .map(({ kind, name, config }) => [`${kind}/${name}`, JSON.stringify(config, null, 2)]),
    ),
    files,
  };
}

function workloads(mesh: Mesh): Rendered["workloads"] {
  const services = mesh.services.map((service): [string, Workload] => {
    const { kind, name, runsOn, instancesOn, env, binary, deployAfter: _, ...settings } = service;
    return [name, { kind, runsOn, ...(instancesOn && { instancesOn }), settings, env, ...broughtFor(binary) }];
  });
  const gateways = mesh.gateways.map(({ kind, name, runsOn, ...settings }): [string, Workload] => [
    name,
    { kind, runsOn, settings, env: {} },
  ]);
  return Object.fromEntries([...services, ...gateways]);
}

/** An address may hold a secret, and is not shown. */
function broughtFor(binary: Binary | undefined): Pick<Workload, "binary" | "content"> {
  if (!binary) return {};
  const { sha256, archive, folder, url, missing } = binary;
  const brought = { binary: sha256 };
  if (missing || (!archive && url === undefined)) return brought;
  const kind = url === undefined ? "archive" : "artifact";
  const MiB = 1024 * 1024;
  const size = folder && `${folder.files} files, ${(folder.bytes / MiB).toFixed(1)} MiB`;
  return { ...brought, content: `${size ?? kind}, ${sha256.slice(0, 12)}` };
}

interface Source {
  Name: string;
  Action?: string;
  Permissions?: object[];
}

function edges(entries: readonly ConfigEntry[]): Rendered["edges"] {
  const found = entries
    .filter(({ kind }) => kind === "service-intentions")
    .flatMap(({ name, config }) =>
      (config.Sources as Source[])
        .filter(({ Action }) => Action !== "deny")
        .map((source): [string, string] => [
          `${source.Name} -> ${name}`,
          source.Permissions ? JSON.stringify(source.Permissions, null, 2) : "allow",
        ]),
    );
  return Object.fromEntries(found);
}
