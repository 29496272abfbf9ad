/** The files of one instance: definition, units and environment. */
import {
  type Gateway,
  hasEnvoy,
  hasOwnUnit,
  type Instance,
  labelsOf,
  layout,
  type Mesh,
  processUnitOf,
  type Service,
} from "../model";
import { commandBefore, commandOf } from "./binary";
import { render } from "./engine";
import { checkTarget, failuresBeforeCritical, timeoutBefore } from "./health";
import { healthFiles, ownerOf } from "./health-script";
import type { Fence } from "./node-documents";
import { type NodeFile, nodeFile } from "./node-file";
import { contentHash } from "./program";
import { OF_A_PROCESS_THAT_STAYS, settingsOf } from "./unit-settings";
import { unitUser } from "./unit-user";

/** The unit of a service's program. */
function serviceUnit(mesh: Mesh, service: Service): string {
  const { name } = service;
  return render("systemd/service.service", {
    name,
    mesh: mesh.name,
    program: layout.programOf(mesh.name),
    commands: [commandOf(service)],
    ...settingsOf(service),
    environmentFile: layout.environmentFile(name),
    secretFile: service.secrets.length > 0 ? layout.secretEnvironmentFile(name) : null,
    before: null,
    isHealth: false,
  });
}

/** The unit of the commands before a release: like the service's own, but for the places of files. Undefined where none are to run. */
export function beforeUnit(mesh: Mesh, service: Service): string | undefined {
  if (!service.before) return undefined;
  const folder = layout.beforeFolder(service.name);
  const settings = settingsOf(service);
  const { Unit, Service } = settings.directives;
  return render("systemd/service.service", {
    name: service.name,
    mesh: mesh.name,
    program: layout.programOf(mesh.name),
    commands: service.before.map((command) => commandBefore(service, command)),
    ...settings,
    directives: { Unit, Service: Service.filter(({ name }) => !OF_A_PROCESS_THAT_STAYS.test(name)) },
    config: settings.config && { ...settings.config, folder: `${folder}/config` },
    environmentFile: `${folder}/env`,
    secretFile: service.secrets.length > 0 ? `${folder}/secret.env` : null,
    before: { timeout: timeoutBefore(service) },
    isHealth: false,
  });
}

/** Those of a service with its sidecar. */
export function serviceFiles(mesh: Mesh, instance: Instance, service: Service): NodeFile[] {
  const { name, node, adminPort, sidecarPort } = instance;
  const named = { ...service, name };
  const definition = render("consul/service.hcl", {
    mesh: mesh.name,
    id: name,
    service,
    port: service.port ?? null,
    ...labelsIn(service, node.name),
    failures: failuresBeforeCritical(service),
    health: checkTarget(named, mesh.name),
    sidecarPort,
    sidecarCheck: `127.0.0.1:${sidecarPort}`,
  });
  const sidecar = render("systemd/sidecar-proxy.service", {
    name,
    process: processUnitOf(name, service),
    user: unitUser(name, "sidecar"),
    mesh: mesh.name,
    ...bootstrapOf(mesh, name),
    adminPort,
    acl: mesh.consul.acl,
  });
  const meshed = hasEnvoy(service);
  const own = hasOwnUnit(service) ? ownFiles(mesh, named) : undefined;
  return [
    // Once it has the instance's token: `access.consulOnly`.
    ...(meshed ? [nodeFile(layout.definitionFile(name), definition)] : []),
    ...(own ? [own.unit] : []),
    ...(meshed ? [nodeFile(layout.unitFile(layout.sidecarUnitOf(name)), sidecar)] : []),
    ...(own ? [own.environment] : []),
    fenceFile(name, fenceOf(mesh, named, adminPort)),
    ...(meshed ? healthFiles(mesh, named) : []),
    ...(service.configFiles ?? []).map((file) => nodeFile(`${layout.configFolder(name)}/${file.name}`, file.content)),
  ];
}

/** Those of a service whose process runs in a unit of its own. */
function ownFiles(mesh: Mesh, service: Service) {
  const { name } = service;
  const environment = render("service.env", { env: Object.entries(service.env) });
  return {
    unit: nodeFile(layout.unitFile(layout.unitOf(name)), serviceUnit(mesh, service)),
    environment: nodeFile(layout.environmentFile(name), environment, layout.access.rootOnly),
  };
}

function fenceOf(mesh: Mesh, service: Service, adminPort: number): Fence {
  const process = processFence(mesh, service);
  if (!hasEnvoy(service)) return process;
  return {
    envoy: unitUser(service.name, "sidecar"),
    ...process,
    adminPort,
    upstreams: service.upstreams.map(({ localPort }) => localPort),
  };
}

/** The port of a unit of others stays open: which user it has is not known, and it may serve people outside of the mesh. */
function processFence(mesh: Mesh, service: Service): Pick<Fence, "service" | "port" | "healthPort"> {
  if (service.unitOfOthers !== undefined) return {};
  const owner = ownerOf(mesh, service);
  const { port, health } = service;
  return {
    service: owner.user ?? unitUser(owner.name),
    ...(port !== undefined && { port }),
    ...(health.port !== undefined && health.port !== port && { healthPort: health.port }),
  };
}

/** For the service and for its sidecar: Consul chooses among sidecars. */
function labelsIn(service: Service, node: string) {
  const { meta, tags } = labelsOf(service, node);
  return { meta: Object.entries(meta).sort(([one], [other]) => (one < other ? -1 : 1)), tags };
}

/** A gateway with no listener below this port has no capability at all. */
const FIRST_FREE_PORT = 1024;

/** Those of a gateway. */
export function gatewayFiles(mesh: Mesh, instance: Instance, gateway: Gateway): NodeFile[] {
  const { name, extraStaticClustersJson } = gateway;
  const { adminPort } = instance;
  // A gateway has no sidecar: the other port of its slot is free.
  const readyPort = adminPort - mesh.ports.admin.first + mesh.ports.sidecars.first;
  const definition = render("consul/ingress-gateway.hcl", {
    mesh: mesh.name,
    name,
    readyUrl: `http://127.0.0.1:${readyPort}/ready`,
    clusters: extraStaticClustersJson ?? null,
  });
  const unit = render("systemd/ingress-gateway.service", {
    name,
    user: unitUser(name),
    // Envoy reads them when it starts: others are another unit, so that it starts again.
    clusters: extraStaticClustersJson === undefined ? null : contentHash(extraStaticClustersJson).slice(0, 12),
    mesh: mesh.name,
    adminPort,
    ...bootstrapOf(mesh, name),
    readyPort,
    acl: mesh.consul.acl,
    lowPorts: gateway.listeners.some(({ port }) => port < FIRST_FREE_PORT),
    ...limitsOf(gateway),
  });
  return [
    nodeFile(layout.definitionFile(name), definition),
    nodeFile(layout.unitFile(layout.unitOf(name)), unit),
    fenceFile(name, { envoy: unitUser(name), adminPort, readyPort }),
  ];
}

/** Who may connect to which port of an instance on loopback. */
const fenceFile = (name: string, fence: Fence): NodeFile =>
  nodeFile(layout.fenceFile(name), `${JSON.stringify(fence, null, 2)}\n`);

const bootstrapOf = (mesh: Mesh, name: string) => ({
  program: layout.programOf(mesh.name),
  bootstrap: layout.bootstrapFile(name),
});

const limitsOf = ({ memoryMax, cpuQuota }: Service | Gateway) => ({
  memoryMax: memoryMax ?? null,
  cpuQuota: cpuQuota ?? null,
});
