/** What every machine of the mesh has beside its instances: Gatehouse's programs, `mesh`, and the way out. */
import type { Gateway, Mesh, MeshNode, Protocol } from "../model";
import { readTemplate, render } from "./engine";
import type { MachineFile } from "./machine-file";
import { contentHash, once, program, shellConf } from "./program";
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
 * Empties a machine of everything that the mesh put there. A node of another mesh keeps what it has; `onDestroy` that is no
 * error, so that the destroy goes on.
 */
export function wipeProgram(mesh: string, { agentToo, onDestroy }: { agentToo: boolean; onDestroy: boolean }): string {
  return program({
    "main.sh": readTemplate("shell/wipe.sh"),
    "wipe.conf": shellConf({ MESH: mesh, AGENT_TOO: agentToo ? "yes" : "no", ON_DESTROY: onDestroy ? "yes" : "no" }),
    ...library("lib.sh", "traffic.sh", "removal.sh", "remove-agent.sh"),
  });
}

/** What stays on a machine, by name and by sha256; `movedGateways` are those that run on other nodes. */
export interface Keep {
  instances: string[];
  binaries: string[];
  movedGateways: string[];
}

/** Removes from a machine what the mesh put there and no longer declares. */
export function sweepProgram(mesh: string, { instances, binaries, movedGateways }: Keep): string {
  return program({
    "main.sh": readTemplate("shell/sweep.sh"),
    "sweep.conf": shellConf({
      MESH: mesh,
      KEEP: instances.join(" "),
      KEEP_BINARIES: binaries.join(" "),
      MOVED_GATEWAYS: movedGateways.join(" "),
    }),
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
