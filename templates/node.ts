/** What every machine of the mesh has beside its instances: Gatehouse's programs, `mesh`, and the way out. */
import type { Gateway, Instance, Mesh, MeshNode, Protocol } from "../model";
import { readTemplate, render } from "./engine";
import type { MachineFile } from "./machine-file";
import { contentHash, nodeProgram, once, program, shellConf } from "./program";
import { programsOn } from "./programs";

export interface NodeRelease {
  files: MachineFile[];
  /** Gatehouse's own programs, which are nobody's to review. */
  programs: MachineFile[];
  hash: string;
  program: string;
}

/** Shell files for a bundle's `lib/`. */
export function library(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`lib/${name}`, readTemplate(`shell/${name}`)]));
}

const nodeConf = (mesh: Mesh, node: MeshNode) =>
  shellConf({ MESH: mesh.name, NODE: node.name, ROLE: node.role, TLS: mesh.consul.tls ? "yes" : "no" });

/** Makes a machine ready for instances. */
export function nodeRelease(mesh: Mesh, node: MeshNode): NodeRelease {
  const main = readTemplate("shell/prepare.sh");
  const lib = library(
    "lib.sh",
    "traffic.sh",
    "removal.sh",
    "health.sh",
    "drift.sh",
    "release.sh",
    "secrets.sh",
    "open-ports.sh",
    "transaction.sh",
    "rollback.sh",
    "drain-gateway.sh",
    "machine-drain.sh",
  );
  const command = readTemplate("shell/mesh.sh");
  const conf = nodeConf(mesh, node);
  const drain = render("systemd/gatehouse-drain.service", { mesh: mesh.name });
  const drainUnit = { path: "/etc/systemd/system/gatehouse-drain.service", mode: "0644", content: drain };
  const needs = `${programsOn(node).join(" ")}\n`;
  return {
    files: [
      { path: "/usr/local/bin/mesh", mode: "0755", content: command },
      { path: "/opt/gatehouse/node.conf", mode: "0644", content: conf },
      ...(node.role === "worker" ? [drainUnit] : []), // servers carry no workload
    ],
    programs: Object.entries(lib).map(([name, content]) => ({ path: `/opt/gatehouse/${name}`, mode: "0755", content })),
    // The folder for uploads belongs to the user who logs in.
    hash: contentHash(main, command, conf, needs, drain, node.ssh.user, ...Object.values(lib)),
    program: program({
      "main.sh": main,
      mesh: command,
      "node.conf": conf,
      programs: needs,
      "gatehouse-drain.service": drain,
      ...lib,
    }),
  };
}

/** Makes the place for secrets that are about to come. */
export const incomingProgram = once(() =>
  program({ "main.sh": readTemplate("shell/incoming.sh"), ...library("lib.sh") }),
);

/** Takes the tokens of a machine's instances. */
export function tokensProgram(mesh: string): string {
  return program({
    "main.sh": readTemplate("shell/tokens.sh"),
    "tokens.conf": shellConf({ MESH: mesh }),
    ...library("lib.sh", "secrets.sh"),
  });
}

/**
 * Empties a node of everything that the mesh put there. A node of another mesh keeps what it has: `onDestroy` that is no
 * error, so that the destroy goes on.
 */
export function wipeProgram(mesh: Mesh, node: MeshNode, how: Pick<Wipe, "agent" | "onDestroy">): string {
  return nodeProgram("wipe", { mesh: mesh.name, node: node.name, ...how } satisfies Wipe);
}

/** Removes from a node what the mesh put there and no longer declares. */
export function sweepProgram(mesh: Mesh, node: MeshNode, keep: Omit<Sweep, "mesh" | "node">): string {
  return nodeProgram("sweep", { mesh: mesh.name, node: node.name, ...keep } satisfies Sweep);
}

/** A route as the probe tries it. */
export interface Route {
  protocol: Protocol;
  port: number;
  /** Whether the listener speaks TLS. */
  tls: boolean;
  /** A Host header that leads to the service; `-` on tcp. */
  host: string;
  service: string;
}

/** Gateways that have a route to try. */
export const routedGateways = (mesh: Mesh): Gateway[] =>
  mesh.gateways.filter((gateway) => routesOf(mesh, gateway).length > 0);

/** Every declared route of a gateway, one a host. */
export function routesOf(mesh: Mesh, gateway: Gateway): Route[] {
  return gateway.listeners.flatMap(({ port, protocol, tls, services }) =>
    services
      .flatMap(({ name, hosts }) =>
        name === "*"
          ? mesh.services
              .filter((service) => service.protocol === protocol)
              .map((service) => ({ name: service.name, hosts }))
          : [{ name, hosts }],
      )
      .flatMap(({ name, hosts }) =>
        (hosts ?? [`${name}.ingress.consul`]).map((host) => ({
          protocol,
          port,
          tls: tls !== undefined,
          host: protocol === "tcp" ? "-" : concreteHost(host, port),
          service: name,
        })),
      ),
  );
}

/** A host that the pattern matches. */
function concreteHost(pattern: string, port: number): string {
  return pattern === "*" ? `127.0.0.1:${port}` : pattern.replace(/^\*/, "probe");
}

/**
 * Waits until every route of a gateway is answered, and puts those that answered before back when they are not; runs on a
 * node of the gateway.
 */
export function probeProgram(mesh: Mesh, { node, adminPort }: Instance, gateway: Gateway): string {
  return nodeProgram("probe", {
    mesh: mesh.name,
    node: node.name,
    gateway: gateway.name,
    adminPort,
    routes: routesOf(mesh, gateway),
    acl: mesh.consul.acl,
  });
}

/** cloud-init user_data for a machine that is being created. */
export function userData(mesh: Mesh, node: MeshNode): string {
  return render("cloud-init/user-data.yaml", {
    mesh: mesh.name,
    node: node.name,
    role: node.role,
    worker: node.role === "worker",
    meshCommand: readTemplate("shell/mesh.sh"),
    nodeConf: nodeConf(mesh, node),
    prerequisites: readTemplate("shell/prerequisites.sh"),
    deployUser: node.ssh.user === "root" ? null : node.ssh.user,
    deployUserProgram: readTemplate("shell/deploy-user.sh"),
  });
}
