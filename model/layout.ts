/**
 * Paths on a node, unit names, Consul ids and ports (and from `resource-ids.ts`, `instance-name.ts` and `health-units.ts` the ids of
 * Terraform, the names of instances and those of health scripts): each is written here and nowhere else in TypeScript.
 * `__tests__/model/layout.test.ts` searches for copies, and compares the paths with those of the node program
 * (`node/host/host.go`). The templates of files have them in their own text.
 */

import type { Binary } from "./content";
import { healthUnits } from "./health-units";
import type { MeshNode } from "./node";

const GATEHOUSE = "/opt/gatehouse";
const CONSUL = "/etc/consul.d";
const BIN = `${GATEHOUSE}/bin`;
const PROGRAM = "gatehouse-node";

/** Folders on a node. */
export const folders = {
  gatehouse: GATEHOUSE,
  /** The node program: the one uploaded last, and one for each mesh. */
  bin: BIN,
  /** Binaries of services, each in a folder that is named by its SHA-256. */
  binaries: `${GATEHOUSE}/binaries`,
  /** Configuration files of services, which no other user of the node sees there. */
  config: `${GATEHOUSE}/config`,
  /** Environment files. */
  env: `${GATEHOUSE}/env`,
  /** Which users may connect to the ports of instances on loopback (node/fence). */
  fences: `${GATEHOUSE}/fences`,
  /** Uploaded binaries, by mesh. */
  incoming: `${GATEHOUSE}/incoming`,
  /** Uploaded secrets, by mesh. */
  incomingSecrets: "/run/gatehouse-secrets",
  /** Releases of instances. */
  instances: `${GATEHOUSE}/instances`,
  /** One record for each mesh on the node. */
  meshes: `${GATEHOUSE}/meshes`,
  /** Which Terraform resources had their programs run, by mesh (node/ran). */
  ran: `${GATEHOUSE}/ran`,
  secrets: `${GATEHOUSE}/secrets`,
  /** Copies of hand-made files that were taken over. */
  backups: "/var/backups/gatehouse",
  /** Configuration of Consul's agent, and definitions of services and gateways. */
  consul: CONSUL,
  consulTls: `${CONSUL}/tls`,
  /** Data of a Consul agent that Gatehouse set up. */
  consulData: "/opt/consul",
  units: "/etc/systemd/system",
  commands: "/usr/local/bin",
} as const;

/** The unit of Consul's agent. */
export const consulUnit = "consul.service";

/** The units that drain the node before it stops, and that fence ports when it starts. */
export const drainUnit = "gatehouse-drain.service";
export const fenceUnit = "gatehouse-fence.service";

/** Files on a node that belong to no single instance. */
export const files = {
  /** A link to the node program that was uploaded last; units and the `mesh` command call it. */
  program: `${BIN}/${PROGRAM}`,
  /** Settings of all Envoys of the node. */
  nodeEnv: `${GATEHOUSE}/node.env`,
  /** The record of the node's mesh, of an earlier version; later a mark for earlier versions. */
  nodeRecord: `${GATEHOUSE}/node.json`,
  /** The authority of an existing agent's gRPC port. */
  xdsCa: `${GATEHOUSE}/xds-ca.pem`,
  /** The record of an agent that Gatehouse set up: an agent without it is another person's. */
  agentRecord: `${GATEHOUSE}/agent.json`,
  /** The same of an earlier version. */
  earlierAgentRecord: `${GATEHOUSE}/agent.conf`,
  /** Installs what a node needs before a deploy; from `user_data`. */
  prerequisites: `${GATEHOUSE}/prerequisites.sh`,
  /** Makes the user who deploys; from `user_data`. */
  deployUser: `${GATEHOUSE}/deploy-user.sh`,
  meshCommand: `${folders.commands}/mesh`,
  /** The only command that a deploy user may run as root. */
  rootCommand: "/usr/local/sbin/gatehouse-root",
  drainUnit: `${folders.units}/${drainUnit}`,
  fenceUnit: `${folders.units}/${fenceUnit}`,
  agentUnit: `${folders.units}/${consulUnit}`,
  /** Keeps the automatic ports of sidecars that were taken over from sidecars of others (node/instance/kept_ports.go). */
  keptPorts: `${CONSUL}/00-gatehouse-ports.hcl`,
  agentConfiguration: `${CONSUL}/consul.hcl`,
  /** Tokens and the gossip key of an agent. */
  agentSecrets: `${CONSUL}/gatehouse-secrets.json`,
  agentCa: `${folders.consulTls}/ca.pem`,
  /** The authority of the agent's gRPC port, which Envoy's `-grpc-ca-file` names. */
  agentXdsCa: `${folders.consulTls}/xds-ca.pem`,
} as const;

/** Certificate and key that an agent shows: a server's for all of its ports, another's on its gRPC port alone. */
export const agentCertificate = (role: MeshNode["role"]) => {
  const name = role === "server" ? "server" : "xds";
  return { cert: `${folders.consulTls}/${name}.pem`, key: `${folders.consulTls}/${name}-key.pem` };
};

/** The node program of a mesh: two teams that share a node may have two versions of it. */
export const programOf = (mesh: string): string => `${BIN}/${mesh}/${PROGRAM}`;
/** The node program's record of a mesh on the node. */
export const meshRecord = (mesh: string): string => `${folders.meshes}/${mesh}.json`;

/** Where Terraform uploads a binary. */
export const uploadedBinary = (mesh: string, { sha256 }: Pick<Binary, "sha256">): string =>
  `${folders.incoming}/${mesh}/${sha256}`;
/** Where Terraform uploads secrets. */
export const uploadedSecrets = (mesh: string, name: string): string =>
  `${folders.incomingSecrets}/${mesh}/${name}.json`;

/** Files of one instance, by its name. */
export const definitionFile = (name: string): string => `${folders.consul}/${name}.hcl`;
/** The name in the path of a definition file; undefined for another file. */
export const nameOfDefinition = (path: string): string | undefined =>
  path.startsWith(`${CONSUL}/`) && path.endsWith(".hcl") ? path.slice(CONSUL.length + 1, -".hcl".length) : undefined;
export const environmentFile = (name: string): string => `${folders.env}/${name}.env`;
export const fenceFile = (name: string): string => `${folders.fences}/${name}.json`;
export const bootstrapFile = (name: string): string => `/run/gatehouse-envoy/${name}.json`;
/** Where the configuration files of a service are on the node; the service itself sees them in `seenConfig`. */
export const configFolder = (name: string): string => `${folders.config}/${name}`;
export const isConfigFile = (path: string): boolean => path.startsWith(`${folders.config}/`);
/** Files that commands read which run before a release. They are there as long as those run. */
export const beforeFolder = (name: string): string => `/run/gatehouse-before/${name}`;
export const seenConfig = "/run/gatehouse-config";
export const secretEnvironmentFile = (name: string): string => `${folders.secrets}/${name}.env`;
export const tokenFile = (name: string): string => `${folders.secrets}/${name}.token`;
export const instanceFolder = (name: string): string => `${folders.instances}/${name}`;
export const currentRelease = (name: string): string => `${instanceFolder(name)}/current`;
export const unitFile = (unit: string): string => `${folders.units}/${unit}`;

/** The token of a node's agent has this name among those of the instances, which never begin with `_`. */
export const AGENT_TOKEN = "_agent";

/** The name of the folders that a service has to itself in /var/lib, /var/cache and /var/log. */
export const ownFolder = (service: string): string => `gatehouse-${service}`;

const SIDECAR = "-sidecar-proxy";

/** The name and the Consul id of a service's sidecar. */
export const sidecarOf = (service: string): string => `${service}${SIDECAR}`;
export const isSidecar = (name: string): boolean => name.endsWith(SIDECAR);
/** The service of a sidecar; another name stays as it is. */
export const serviceOf = (name: string): string => (isSidecar(name) ? name.slice(0, -SIDECAR.length) : name);

const UNIT = ".service";

/** The unit of a service's program, or of a gateway. */
export const unitOf = (workload: string): string => `${workload}${UNIT}`;
export const sidecarUnitOf = (service: string): string => unitOf(sidecarOf(service));
export const unitsOf = (kind: "service" | "ingress-gateway", name: string): string[] =>
  kind === "service" ? [unitOf(name), sidecarUnitOf(name)] : [unitOf(name)];
export const isServiceUnit = (unit: string): boolean => unit.endsWith(UNIT);
/** The service or gateway of a unit, whether of its program or its sidecar. */
export const workloadOf = (unit: string): string =>
  healthUnits.serviceOf(unit) ?? serviceOf(unit.endsWith(UNIT) ? unit.slice(0, -UNIT.length) : unit);

/** The unit that reads this file when it starts; undefined for files of another kind. */
export function unitReading(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (healthUnits.serviceOf(name) !== undefined) return healthUnits.socketUnit(workloadOf(name));
  if (path === unitFile(name) && isServiceUnit(name)) return name;
  if (isConfigFile(path)) return unitOf(path.split("/").at(-2)!);
  return path.startsWith(`${folders.env}/`) ? unitOf(name.replace(/\.env$/, "")) : undefined;
}

export { type Access, access } from "./access";
export { agentPorts, consulPorts, firstPorts } from "./consul-ports";
export { healthUnits } from "./health-units";
export * from "./instance-name";
export { resources, tokens } from "./resource-ids";
