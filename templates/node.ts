/** The parts of a node that belong to no single instance: the `mesh` command, and the unit that drains the node. */
import type { Gateway, Mesh, MeshNode, Protocol } from "../model";
import { readTemplate, render } from "./engine";
import type { MachineFile } from "./machine-file";
import { contentHash, nodeProgram, program, shellConf } from "./program";

export interface NodeRelease {
  files: MachineFile[];
  hash: string;
  program: string;
}

/** Shell files for a bundle's `lib/`. */
export function library(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`lib/${name}`, readTemplate(`shell/${name}`)]));
}

const nodeConf = (mesh: Mesh, node: MeshNode) =>
  shellConf({ MESH: mesh.name, NODE: node.name, ROLE: node.role, TLS: mesh.consul.tls ? "yes" : "no" });

/** Makes a node ready for instances. */
export function nodeRelease(mesh: Mesh, node: MeshNode): NodeRelease {
  const meshCommand = { path: "/usr/local/bin/mesh", mode: "0755", content: readTemplate("shell/mesh.sh") };
  const drain = render("systemd/gatehouse-drain.service", { mesh: mesh.name });
  const drainUnit = { path: "/etc/systemd/system/gatehouse-drain.service", mode: "0644", content: drain };
  const carriesWorkload = node.role === "worker";
  const document = {
    mesh: mesh.name,
    node: node.name,
    role: node.role,
    tls: mesh.consul.tls,
    meshCommand,
    ...(carriesWorkload && { drainUnit }),
  };
  return {
    files: [meshCommand, ...(carriesWorkload ? [drainUnit] : [])],
    // The folder for uploads belongs to the user who logs in.
    hash: contentHash(JSON.stringify(document), node.ssh.user),
    program: nodeProgram("setup", document),
  };
}

/** Makes the folder for secrets that are about to arrive on a node. */
export const incomingProgram = (mesh: string, node: string): string => nodeProgram("incoming", { mesh, node });

/** Takes the tokens of a node's instances. */
export const tokensProgram = (mesh: string, node: string): string => nodeProgram("tokens", { mesh, node });

/** Empties a machine of everything that the mesh put there. */
export function wipeProgram(agentToo: boolean): string {
  return program({
    "main.sh": readTemplate("shell/wipe.sh"),
    "wipe.conf": shellConf({ AGENT_TOO: agentToo ? "yes" : "no" }),
    ...library("lib.sh", "traffic.sh", "removal.sh"),
  });
}

/** Removes from a machine what is not in the two lists. */
export function sweepProgram(instances: string[], binaries: string[]): string {
  return program({
    "main.sh": readTemplate("shell/sweep.sh"),
    "sweep.conf": shellConf({ KEEP: instances.join(" "), KEEP_BINARIES: binaries.join(" ") }),
  });
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
 * Waits until every route is answered; runs on a machine of the gateway.
 * @param adminPort of the gateway's Envoy there
 */
export function probeProgram(routes: Route[], adminPort: number): string {
  const lines = routes.map(
    ({ protocol, port, tls, host, service }) => `${protocol} ${tls ? "tls" : "plain"} ${port} ${host} ${service}\n`,
  );
  return program({
    "main.sh": readTemplate("shell/probe.sh"),
    "probe.conf": shellConf({ ADMIN_PORT: adminPort }),
    routes: lines.join(""),
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
