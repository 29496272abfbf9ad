/** Everything that one instance needs on its machine, and the program that puts it there. */
import { basename } from "node:path";
import type { Binary, Gateway, Health, Instance, Mesh, Service } from "../model";
import { render } from "./engine";
import type { MachineFile } from "./machine-file";
import type { Instance as InstanceDocument } from "./node-documents";
import { contentHash, nodeProgram } from "./program";
import { unitUser } from "./unit-user";

export interface InstanceRelease {
  files: MachineFile[];
  /** Where the secret variables are on the machine, mode 0600. Their values come apart. Undefined when there are none. */
  secretFile?: string;
  /** Hash of what makes the release: the files and the binary. */
  hash: string;
  /** The name of the release's folder on the machine. */
  release: string;
  /** Where the binary lies on the machine. Undefined for a gateway. */
  binaryPath?: string;
  /** The program that puts it into service. */
  program: string;
}

/** Where a file of a release lives on the node; gatehouse-node takes no other place. */
const folders = {
  consul: { path: "/etc/consul.d", mode: "0644" }, // on the node with the instance's token, and then 0640
  systemd: { path: "/etc/systemd/system", mode: "0644" },
  env: { path: "/opt/gatehouse/env", mode: "0600" },
} as const;

type Parts = { folder: keyof typeof folders; name: string; content: string }[];

/** Renders one instance. */
export function instanceRelease(mesh: Mesh, instance: Instance): InstanceRelease {
  const { workload, node } = instance;
  const parts =
    workload.kind === "service" ? serviceParts(mesh, instance, workload) : gatewayParts(mesh, instance, workload);
  const files = parts.map(({ folder, name, content }) => ({
    path: `${folders[folder].path}/${name}`,
    mode: folders[folder].mode,
    content,
  }));
  const binary = workload.kind === "service" ? workload.binary : undefined;
  const secrets = workload.kind === "service" ? workload.secrets : [];
  const secretEnv = secrets.map(({ name, version }) => `${name}:${version}`).join(" ");
  const contents = parts.flatMap((part) => [part.folder, part.name, part.content]);
  const hash = contentHash(binary?.sha256 ?? "", ...contents, ...(secretEnv ? [secretEnv] : []));
  const document: InstanceDocument = {
    mesh: mesh.name,
    node: node.name,
    name: workload.name,
    kind: workload.kind,
    release: hash.slice(0, 12),
    files,
    ...(binary && {
      binary: {
        sha256: binary.sha256,
        name: binaryName(binary.path),
        resource: `binary_${node.name}_${binary.sha256.slice(0, 12)}`,
      },
    }),
    // Names and versions: a release with other ones is another release.
    ...(secrets.length > 0 && { secrets }),
    ...(workload.kind === "service" && {
      port: workload.port,
      sidecarPort: instance.sidecarPort,
      upstreams: workload.upstreams,
    }),
    adminPort: instance.adminPort,
    health: workload.kind === "service" ? healthOf(workload) : gatewayHealth(instance),
    drain: workload.runsOn.length > 1,
    // No part of the hash: what is taken over does not change the release, and a deploy that was refused runs again anyway.
    ...(isTakenOver(mesh, workload) && { takeOver: true }),
  };
  return {
    files,
    ...(secretEnv && { secretFile: secretFile(workload.name) }),
    hash,
    release: hash.slice(0, 12),
    ...(binary && { binaryPath: binaryPath(binary) }),
    program: nodeProgram("instance apply", document),
  };
}

function isTakenOver({ takeOver }: Mesh, { kind, name }: Service | Gateway): boolean {
  return (kind === "service" ? takeOver.services : takeOver.gateways).includes(name);
}

const healthOf = (service: Service): InstanceDocument["health"] => {
  const url = checkTarget(service.health, service.port).http;
  return {
    direct: isDirect(service.health),
    ...(url && { url }),
    timeoutSeconds: seconds(service.health.timeout),
    steadySeconds: checkSeconds(service),
  };
};

const gatewayHealth = (instance: Instance): InstanceDocument["health"] => ({
  direct: false,
  url: readyUrl(instance),
  timeoutSeconds: 1,
  steadySeconds: STEADY_SECONDS,
});

/** Where the secret variables of a service are on a node. */
export function secretFile(name: string): string {
  return `/opt/gatehouse/secrets/${name}.env`;
}

function serviceParts(mesh: Mesh, instance: Instance, service: Service): Parts {
  const { name } = service;
  const binary = binaryPath(service.binary);
  const definition = render("consul/service.hcl", {
    mesh: mesh.name,
    service,
    failures: failuresBeforeCritical(service),
    health: checkTarget(service.health, service.port),
    sidecarPort: instance.sidecarPort,
    sidecarCheck: `127.0.0.1:${instance.sidecarPort}`,
  });
  return [
    { folder: "consul", name: `${name}.hcl`, content: definition },
    {
      folder: "systemd",
      name: `${name}.service`,
      content: render("systemd/service.service", {
        name,
        user: unitUser(name),
        mesh: mesh.name,
        command: [binary, ...service.args],
        ...limitsOf(service),
        secretFile: service.secrets.length > 0 ? secretFile(name) : null,
      }),
    },
    {
      folder: "systemd",
      name: `${name}-sidecar-proxy.service`,
      content: render("systemd/sidecar-proxy.service", {
        name,
        user: unitUser(name, "sidecar"),
        mesh: mesh.name,
        adminPort: instance.adminPort,
        acl: mesh.consul.acl,
      }),
    },
    { folder: "env", name: `${name}.env`, content: render("service.env", { env: Object.entries(service.env) }) },
  ];
}

/** A gateway with no listener below this has no capability at all. */
const FIRST_FREE_PORT = 1024;

const limitsOf = ({ memoryMax, cpuQuota }: Service | Gateway) => ({
  memoryMax: memoryMax ?? null,
  cpuQuota: cpuQuota ?? null,
});

function gatewayParts(mesh: Mesh, instance: Instance, gateway: Gateway): Parts {
  const { name, extraStaticClustersJson } = gateway;
  const { adminPort } = instance;
  return [
    {
      folder: "consul",
      name: `${name}.hcl`,
      content: render("consul/ingress-gateway.hcl", {
        mesh: mesh.name,
        name,
        readyUrl: readyUrl(instance),
        clusters: extraStaticClustersJson ?? null,
      }),
    },
    {
      folder: "systemd",
      name: `${name}.service`,
      content: render("systemd/ingress-gateway.service", {
        name,
        user: unitUser(name),
        // Envoy reads them when it starts: others are another unit, so that it starts again.
        clusters: extraStaticClustersJson === undefined ? null : contentHash(extraStaticClustersJson).slice(0, 12),
        mesh: mesh.name,
        adminPort,
        // Of its slot's two ports a gateway leaves the other one free.
        readyPort: adminPort - mesh.ports.admin.first + mesh.ports.sidecars.first,
        acl: mesh.consul.acl,
        lowPorts: gateway.listeners.some(({ port }) => port < FIRST_FREE_PORT),
        ...limitsOf(gateway),
      }),
    },
  ];
}

const readyUrl = ({ adminPort }: Instance): string => `http://127.0.0.1:${adminPort}/ready`;

/** The check as Consul's agent runs it: against the service's port on loopback. */
function checkTarget(health: Health, port: number) {
  const server = `127.0.0.1:${port}`;
  return {
    http: health.http === undefined ? null : `http://${server}${health.http}`,
    tcp: health.tcp ? server : null,
    grpc: health.grpc === undefined ? null : health.grpc === "" ? server : `${server}/${health.grpc}`,
    script: health.script ?? null,
    interval: health.interval,
    timeout: health.timeout,
  };
}

function binaryPath({ path, sha256 }: Binary): string {
  return `/opt/gatehouse/binaries/${sha256}/${binaryName(path)}`;
}

/** The binary keeps its name, for `ps`, as far as the name is harmless in a unit and a shell. */
function binaryName(path: string): string {
  return basename(path).replace(/[^A-Za-z0-9._-]/g, "_");
}

/**
 * With one instance there is nobody else to send callers to: a check that fails once, because it fell into a restart of
 * some milliseconds, must not take the instance away until the next check.
 */
function failuresBeforeCritical({ runsOn }: Service): number {
  return runsOn.length > 1 ? 1 : 2;
}

/** Whether the transaction can ask what Consul's agent asks. */
const isDirect = ({ http, tcp }: Health): boolean => http !== undefined || tcp === true;

/** A process that fell over in less than this did not work. */
const STEADY_SECONDS = 1;

/**
 * How long a process that was just started has to go on serving. Only Consul's agent can tell what a check over grpc or
 * by a script says: then it is the time in which that has seen this process, and has failed if it does.
 */
function checkSeconds(service: Service): number {
  const { interval, timeout } = service.health;
  if (isDirect(service.health)) return STEADY_SECONDS;
  return failuresBeforeCritical(service) * seconds(interval) + seconds(timeout);
}

const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };

function seconds(duration: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(amount) * (unitSeconds[unit ?? ""] ?? Number.NaN);
}
