/** From a declaration that passed every check to the mesh: defaults filled in, names resolved, facts derived. */
import { configEntries } from "./config-entries";
import type {
  GatewayDeclaration,
  MeshDeclaration,
  NodeDeclaration,
  ServiceDeclaration,
  TakeOverDeclaration,
} from "./declaration";
import { deployOrder } from "./deploy-order";
import { UNKNOWN_SHA256 } from "./files";
import { withoutComment } from "./formats/host-key";
import type { Binary, Files, Gateway, Instance, Limits, Mesh, MeshNode, NodeSsh, Service, TakeOver } from "./mesh";
import { assignPorts, type PortRanges, portRanges } from "./ports";
import { effectiveSsh } from "./ssh";

export function resolveMesh(declaration: MeshDeclaration, files: Files): Mesh {
  const nodes = Object.entries(declaration.nodes).map(([name, node]) => resolveNode(name, node, declaration, files));
  const named = Object.entries(declaration.services ?? {});
  const steps = deployOrder(named.map(([name, service]) => ({ name, upstreams: upstreamsOf(service) })));
  const after = new Map(steps.map((step) => [step.name, step.deployAfter]));
  const services = named.map(([name, service]) => resolveService(name, service, after.get(name)!, files));
  const gateways = Object.entries(declaration.gateways ?? {}).map(([name, gateway]) => resolveGateway(name, gateway));
  const ports = portRanges(declaration.ports);
  const byName = new Map(services.map((service) => [service.name, service]));
  const { datacenter, existing = false, acl = true, tls = true, gossipEncryption = true } = declaration.consul;
  const addresses = consulAddresses(declaration);
  const owns = existing ? [...new Set(declaration.consul.owns)] : (["proxy-defaults", "default-deny", "mesh"] as const);
  return {
    name: declaration.name,
    consul: { datacenter, address: addresses[0]!, addresses, existing, owns: [...owns], acl, tls, gossipEncryption },
    nodes,
    services,
    gateways,
    instances: placeInstances([...steps.map(({ name }) => byName.get(name)!), ...gateways], nodes, ports),
    configEntries: configEntries({
      mesh: declaration.name,
      owns,
      services,
      gateways,
      intentions: declaration.intentions ?? [],
      configEntries: declaration.configEntries ?? [],
    }),
    takeOver: resolveTakeOver(declaration.takeOver),
    ports,
  };
}

/** A check sees to it that there is at least one. */
function consulAddresses({ consul: { address, addresses = [] } }: MeshDeclaration): string[] {
  return [...new Set(address === undefined ? addresses : [address, ...addresses])];
}

function resolveTakeOver({ services, gateways, letGo, configEntries }: TakeOverDeclaration = {}): TakeOver {
  const once = (names: string[] = []) => [...new Set(names)];
  return {
    services: once(services),
    gateways: once(gateways),
    letGo: once(letGo),
    configEntries: once(configEntries),
  };
}

function resolveNode(name: string, node: NodeDeclaration, mesh: MeshDeclaration, files: Files): MeshNode {
  const { role, address, hostKey, arch = "amd64", retired = false } = node;
  return { name, role, address, hostKey: withoutComment(hostKey), arch, retired, ssh: resolveSsh(node, mesh, files) };
}

function resolveSsh(node: NodeDeclaration, mesh: MeshDeclaration, files: Files): NodeSsh {
  const { user = "root", port = 22, agent = false, privateKeyFile, bastion } = effectiveSsh(mesh.ssh, node.ssh);
  const key = (file: string | undefined) => (file === undefined ? {} : { privateKeyFile: files.absolute(file) });
  if (!bastion) return { user, port, agent, ...key(privateKeyFile) };
  return {
    user,
    port,
    agent,
    ...key(privateKeyFile),
    bastion: {
      host: bastion.host,
      port: bastion.port ?? 22,
      user: bastion.user ?? user,
      hostKey: withoutComment(bastion.hostKey),
      ...key(bastion.privateKeyFile ?? privateKeyFile),
    },
  };
}

function upstreamsOf(service: ServiceDeclaration): Service["upstreams"] {
  return Object.entries(service.upstreams ?? {}).map(([name, { localPort }]) => ({ name, localPort }));
}

function resolveService(name: string, service: ServiceDeclaration, deployAfter: string[], files: Files): Service {
  const { runsOn, port, protocol, run, health = { tcp: true } } = service;
  return {
    kind: "service",
    name,
    runsOn: [...runsOn],
    port,
    protocol,
    binary: resolveBinary(run.binary, files),
    args: [...(run.args ?? [])],
    env: { ...run.env },
    secrets: Object.entries(run.secrets ?? {})
      .map(([name, { version }]) => ({ name, version }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
    health: { ...health, interval: health.interval ?? "2s", timeout: health.timeout ?? "1s" },
    upstreams: upstreamsOf(service),
    deployAfter,
    ...limitsOf(service),
  };
}

function resolveBinary(declared: string, files: Files): Binary {
  const path = files.absolute(declared);
  if (files.look(declared) === "missing") return { path, sha256: UNKNOWN_SHA256, missing: true };
  return { path, sha256: files.sha256(declared) };
}

function limitsOf({ memoryMax, cpuQuota }: Limits): Limits {
  return { ...(memoryMax !== undefined && { memoryMax }), ...(cpuQuota !== undefined && { cpuQuota }) };
}

function resolveGateway(name: string, gateway: GatewayDeclaration): Gateway {
  const { runsOn, listeners, extraStaticClustersJson } = gateway;
  return {
    kind: "ingress-gateway",
    name,
    runsOn: [...runsOn],
    ...(extraStaticClustersJson !== undefined && { extraStaticClustersJson }),
    listeners: listeners.map(({ port, protocol, tls, services }) => ({
      port,
      protocol,
      ...(tls && { tls: { minVersion: "TLSv1_2", ...(tls === true ? {} : tls) } }),
      services: services.map((service) => ({
        name: service.name,
        ...(service.hosts?.length ? { hosts: [...service.hosts] } : {}),
      })),
    })),
    ...limitsOf(gateway),
  };
}

function placeInstances(workloads: (Service | Gateway)[], nodes: MeshNode[], ports: PortRanges): Instance[] {
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  const namesOn = new Map<string, string[]>(nodes.map((node) => [node.name, []]));
  for (const { name, runsOn } of workloads) for (const node of runsOn) namesOn.get(node)!.push(name);
  const portsOn = new Map([...namesOn].map(([node, names]) => [node, assignPorts(names, ports)]));
  return workloads.flatMap((workload) =>
    workload.runsOn.map((node, index) => {
      const { adminPort, sidecarPort } = portsOn.get(node)!.get(workload.name)!;
      const after = workload.runsOn[index - 1];
      return {
        workload,
        node: nodeByName.get(node)!,
        adminPort,
        ...(workload.kind === "service" ? { sidecarPort } : {}),
        ...(after === undefined ? {} : { after }),
      };
    }),
  );
}
