/** Which calls the declaration allows, and the instances and entries that a call needs. */

import type { ConfigEntry, Mesh } from "../model";
import { about } from "./causes";

/** `either` where it depends on what only a real request would carry. */
export type Verdict = "allowed" | "refused" | "either";

interface Permission {
  Action: "allow" | "deny";
  HTTP: {
    PathExact?: string;
    PathPrefix?: string;
    PathRegex?: string;
    Methods?: string[];
    Header?: { Name: string; Invert?: boolean; [field: string]: unknown }[];
  };
}

interface Source {
  Name: string;
  Action?: "allow" | "deny";
  Permissions?: Permission[];
}

/** The answer that the doctor's own request, a bare `GET /` of `source`, gets from `destination`. */
export function verdict(mesh: Mesh, source: string, destination: string): Verdict {
  // A declared call to a service of others is expected to be allowed, though their entry says so and not one of ours.
  if (mesh.callsToOthers.some((call) => call.source === source && call.destination === destination)) return "allowed";
  const sources = (name: string): Source[] =>
    (entry(mesh, "service-intentions", name)?.config.Sources as Source[] | undefined) ?? [];
  // The most precise wins: exact destination before any, and there exact source before any.
  const candidates = [sources(destination), sources("*")].flatMap((list) => [
    list.find(({ Name }) => Name === source),
    list.find(({ Name }) => Name === "*"),
  ]);
  const winner = candidates.find((one) => one !== undefined);
  // Without a deny-all of the mesh's own it is for Consul's other entries to say.
  if (!winner) return mesh.consul.owns.includes("default-deny") ? "refused" : "either";
  if (winner.Permissions) return ofPermissions(winner.Permissions);
  return winner.Action === "allow" ? "allowed" : "refused";
}

function entry(mesh: Mesh, kind: string, name: string): ConfigEntry | undefined {
  return mesh.configEntries.find((one) => one.kind === kind && one.name === name);
}

function ofPermissions(permissions: Permission[]): Verdict {
  for (const { Action, HTTP } of permissions) {
    const hit = matches(HTTP);
    if (hit === "maybe") return "either";
    if (hit) return Action === "allow" ? "allowed" : "refused";
  }
  return "refused";
}

function matches({ PathExact, PathPrefix, PathRegex, Methods, Header }: Permission["HTTP"]): boolean | "maybe" {
  if (PathExact !== undefined && PathExact !== "/") return false;
  if (PathPrefix !== undefined && PathPrefix !== "/") return false;
  if (Methods && Methods.length > 0 && !Methods.includes("GET")) return false;
  // Envoy's regular expressions are not JavaScript's, and it adds headers of its own.
  return PathRegex !== undefined || (Header && Header.length > 0) ? "maybe" : true;
}

/** The services to which Consul may send a call to `name`: itself, or where routers, splitters and resolvers lead. */
export function reachOf(mesh: Mesh, name: string): Set<string> {
  const reached = new Set([name]);
  for (const at of reached) {
    for (const kind of ["service-router", "service-splitter", "service-resolver"]) {
      for (const target of targets(entry(mesh, kind, at)?.config)) reached.add(target);
    }
  }
  return reached;
}

/** Every `Service` that a routing entry names, however deep. */
function targets(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "Service" && typeof inner === "string" && inner !== "" ? [inner] : targets(inner),
  );
}

/** Everything that a call to these services needs, for `concerns`: their instances and entries, and those of all they call. */
export function needs(mesh: Mesh, names: Iterable<string>): string[] {
  const reached = new Set([...names].flatMap((name) => [...reachOf(mesh, name)]));
  for (const at of reached) {
    const upstreams = mesh.services.find(({ name }) => name === at)?.upstreams ?? [];
    for (const { name } of upstreams) for (const one of reachOf(mesh, name)) reached.add(one);
  }
  const instances = mesh.instances.filter(({ workload }) => reached.has(workload.name));
  return [
    ...instances.map(({ name, node }) => about.instance(name, node.name)),
    ...[...reached].map(about.entry),
    about.anyEntry,
  ];
}
