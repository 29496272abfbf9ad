/** The parts of a node that belong to no single instance: the `mesh` command, and the unit that drains the node. */
import { type Gateway, type Instance, layout, type Mesh, type MeshNode, type Protocol } from "../model";
import { readTemplate, render } from "./engine";
import type { Probe, Setup, Sweep, Wipe } from "./node-documents";
import { type NodeFile, nodeFile } from "./node-file";
import { contentHash, nodeProgram } from "./program";

/** The files that a node has once, their hash, and the program that puts them there. */
export interface NodeRelease {
  files: NodeFile[];
  hash: string;
  program: string;
}

/** Makes a node ready for instances. */
export function nodeRelease(mesh: Mesh, node: MeshNode): NodeRelease {
  const meshCommand = nodeFile(layout.files.meshCommand, readTemplate("shell/mesh.sh"), layout.access.program);
  const drainUnit = nodeFile(layout.files.drainUnit, render("systemd/gatehouse-drain.service", {}));
  const fenceUnit = nodeFile(layout.files.fenceUnit, render("systemd/gatehouse-fence.service", {}));
  const carriesWorkload = node.role === "worker";
  const document: Setup = {
    mesh: mesh.name,
    node: node.name,
    role: node.role,
    tls: mesh.consul.tls,
    meshCommand,
    ...(carriesWorkload && { drainUnit, fenceUnit }),
  };
  return {
    files: [meshCommand, ...(carriesWorkload ? [drainUnit, fenceUnit] : [])],
    // The folder for uploads belongs to the user who logs in.
    hash: contentHash(JSON.stringify(document), node.ssh.user),
    program: nodeProgram("setup", document),
  };
}

/** Has the agent know its services with the results of their checks, before an entry changes with which it registers them. */
export function refreshRelease(mesh: Mesh, node: MeshNode): { hash: string; program: string } {
  const here = mesh.instances.filter((instance) => instance.node === node).map(({ workload }) => workload.name);
  const theirs = mesh.configEntries.filter(
    ({ kind, name }) => kind === "proxy-defaults" || (kind === "service-defaults" && here.includes(name)),
  );
  return {
    hash: contentHash(JSON.stringify(theirs)),
    program: nodeProgram("agent refresh", { mesh: mesh.name, node: node.name }),
  };
}

/** Makes the folder for secrets that are about to arrive on a node. */
export const incomingProgram = (mesh: string, node: string): string => nodeProgram("incoming", { mesh, node });

/** Takes the tokens of a node's instances. */
export const tokensProgram = (mesh: string, node: string): string => nodeProgram("tokens", { mesh, node });

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
              .filter((service) => service.protocol === protocol && service.port !== undefined)
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
  const document: Probe = {
    mesh: mesh.name,
    node: node.name,
    gateway: gateway.name,
    adminPort,
    routes: routesOf(mesh, gateway),
    acl: mesh.consul.acl,
  };
  return nodeProgram("probe", document);
}

/** cloud-init user_data for a node that is being created. */
export function userData(mesh: Mesh, node: MeshNode): string {
  return render("cloud-init/user-data.yaml", {
    mesh: mesh.name,
    node: node.name,
    role: node.role,
    worker: node.role === "worker",
    meshCommand: readTemplate("shell/mesh.sh"),
    prerequisites: readTemplate("shell/prerequisites.sh"),
    deployUser: node.ssh.user === "root" ? null : node.ssh.user,
    deployUserProgram: readTemplate("shell/deploy-user.sh"),
  });
}
