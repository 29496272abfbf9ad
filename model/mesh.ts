/** One mesh: its declaration, its schema, and the checked mesh that everything else reads. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import { type ConfigEntryDeclaration, configEntrySchema } from "./config-entry/declared";
import { type ConfigEntry, configEntries } from "./config-entry/derived";
import { reachOf } from "./config-entry/routing";
import { callsToOthers } from "./config-entry/service-intentions";
import { type Consul, type ConsulDeclaration, consulSchema, resolveConsul } from "./consul";
import { deployOrder } from "./deploy-order";
import type { Files } from "./files";
import { type Gateway, type GatewayDeclaration, gatewaySchema, resolveGateway } from "./gateway";
import { type Instance, placeInstances } from "./instance";
import { type IntentionDeclaration, intentionSchema } from "./intention";
import { nameFault } from "./name";
import { type MeshNode, type NodeDeclaration, nodeSchema, resolveNode } from "./node";
import { type CallToOther, type OtherService, otherServicesOf } from "./other-service";
import { type PortRanges, type PortsDeclaration, portRanges, portsSchema } from "./ports";
import { resolveOtherProcess } from "./process";
import { resolveService, type Service, type ServiceDeclaration, serviceSchema, upstreamsOf } from "./service";
import { type SshDeclaration, sshSchema } from "./ssh";
import { resolveTakeOver, type TakeOver, type TakeOverDeclaration, takeOverSchema } from "./take-over";

/** One mesh: its nodes, its services, and which calls are allowed. */
export interface MeshDeclaration {
  /** Names the mesh in every message and its state. Lower-case letters, digits and `-`, at most 63. */
  name: string;
  consul: ConsulDeclaration;
  /** How the nodes are reached, unless a node says otherwise. */
  ssh: SshDeclaration;
  /** Nodes by name. The name is also the Consul node name. */
  nodes: Record<string, NodeDeclaration>;
  /** Services by name. @default none */
  services?: Record<string, ServiceDeclaration>;
  /** Ingress gateways by name. @default none */
  gateways?: Record<string, GatewayDeclaration>;
  /**
   * Rules in addition to the derived edges. Every declared edge (gateway to service, service to upstream) is allowed and
   * everything else is denied without a line here.
   * @default none
   */
  intentions?: IntentionDeclaration[];
  /** Further Consul config entries. @default none */
  configEntries?: ConfigEntryDeclaration[];
  /** Hand-made things under declared names that become this mesh's. @default nothing */
  takeOver?: TakeOverDeclaration;
  /**
   * Where this mesh's Envoys listen. Another mesh on the same nodes has other ranges, so that no two Envoys want one port. A
   * change moves every sidecar to another port, each drained like any other change.
   * @default those of a mesh that is alone
   */
  ports?: PortsDeclaration;
}

/** Gives a declaration its type while it is written. It changes and checks nothing. */
export function defineMesh(declaration: MeshDeclaration): MeshDeclaration {
  return declaration;
}

/**
 * The checked mesh: every default filled in, every name resolved, and the facts that follow from the declaration. The folders
 * below read this and never the declaration.
 */
export interface Mesh {
  name: string;
  consul: Consul;
  /** In the order of the declaration. */
  nodes: MeshNode[];
  services: Service[];
  gateways: Gateway[];
  /** Every instance on every node, in a safe order: an upstream before its callers, gateways last. */
  instances: Instance[];
  /** In the order in which Consul accepts them. */
  configEntries: ConfigEntry[];
  /** Services that others run. */
  others: OtherService[];
  /** Calls that the intentions of others have to allow. */
  callsToOthers: CallToOther[];
  takeOver: TakeOver;
  ports: PortRanges;
}

/** The schema knows only kind and name of config entries: their other fields depend on the kind. */
type Shape = Omit<MeshDeclaration, "configEntries"> & { configEntries?: { kind: string; name: string }[] };

/** A whole declaration. Names are keys here, so `checkNames` checks them. */
export const declarationSchema = field(
  z.strictObject({
    name: text("name the mesh, for example `lab`", nameFault),
    consul: field(consulSchema, 'write `consul: { datacenter: "dc1", address: "10.0.0.10:8501" }`'),
    ssh: sshSchema,
    nodes: field(
      z.record(z.string(), field(nodeSchema, "write `{ role, address, hostKey }`")),
      "list the nodes: `nodes: { server1: { role, address, hostKey } }`",
    ),
    services: field(
      z.record(z.string(), field(serviceSchema, "write `{ runsOn, port, protocol, run }`")),
      "write an object of services by name",
    ).optional(),
    gateways: field(
      z.record(z.string(), field(gatewaySchema, "write `{ runsOn, listeners }`")),
      "write an object of gateways by name",
    ).optional(),
    intentions: field(
      z.array(field(intentionSchema, "write `{ source, destination, action }`")),
      "write a list of intentions",
    ).optional(),
    configEntries: field(
      z.array(field(configEntrySchema, "write `{ kind, name, ... }`")),
      "write a list of config entries",
    ).optional(),
    ports: field(
      portsSchema,
      "write the first port of each range, for example `{ admin: 20000, sidecars: 22000 }`",
    ).optional(),
    takeOver: field(takeOverSchema, 'write what to take over, for example `{ services: ["web"] }`').optional(),
  }),
  "export one object with `name`, `consul`, `ssh` and `nodes`: `export default defineMesh({ ... })`",
) satisfies z.ZodType<Shape>;

/** The mesh of a declaration that passed every check. */
export function resolveMesh(declaration: MeshDeclaration, files: Files): Mesh {
  const nodes = Object.entries(declaration.nodes).map(([name, node]) => resolveNode(name, node, declaration, files));
  const named = Object.entries(declaration.services ?? {});
  const steps = deployOrder(
    named.map(([name, service]) => ({ name, upstreams: upstreamsOf(service), ...resolveOtherProcess(service.run) })),
  );
  const after = new Map(steps.map((step) => [step.name, step.deployAfter]));
  const services = named.map(([name, service]) => resolveService(name, service, after.get(name)!, files));
  const gateways = Object.entries(declaration.gateways ?? {}).map(([name, gateway]) => resolveGateway(name, gateway));
  const ports = portRanges(declaration.ports);
  const byName = new Map(services.map((service) => [service.name, service]));
  const consul = resolveConsul(declaration.consul);
  const others = otherServicesOf(declaration.consul.services);
  return {
    name: declaration.name,
    consul,
    nodes,
    services,
    gateways,
    instances: placeInstances([...steps.map(({ name }) => byName.get(name)!), ...gateways], nodes, ports),
    configEntries: configEntries({
      mesh: declaration.name,
      owns: consul.owns,
      services,
      gateways,
      intentions: declaration.intentions ?? [],
      configEntries: declaration.configEntries ?? [],
    }),
    others,
    callsToOthers: callsToOthers(services, gateways, others, reachOf(declaration.configEntries ?? [])),
    takeOver: resolveTakeOver(declaration.takeOver),
    ports,
  };
}
