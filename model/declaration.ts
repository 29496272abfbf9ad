/**
 * What a person writes. Field names are Consul's own, in camelCase.
 *
 * The types here only help while typing. Whether a declaration is right is decided by `checkMesh`, which looks at a
 * plain object just as hard.
 */

import type { ConfigEntryDeclaration } from "./config-entry-declaration";

export type * from "./config-entry-declaration";

/** How a service speaks. Consul: service-defaults `Protocol`. */
export type Protocol = "http" | "http2" | "grpc" | "tcp";

/** A length of time as Consul writes it: digits and a unit, `ms`, `s`, `m` or `h`, for example `500ms` or `2s`. */
export type Duration = string;

/** An amount of memory as systemd writes it: a whole number and `K`, `M`, `G` or `T`, times 1024: `512M`. */
export type Memory = string;

/** A share of processor time as systemd writes it, in percent of one processor: `50%`, or `200%` for two of them. */
export type CpuShare = string;

/** Processor of a node, in Go's names; `uname -m` says `x86_64` for `amd64` and `aarch64` for `arm64`. */
export type Arch = "amd64" | "arm64";

/** One mesh: its machines, its services, and who may call whom. */
export interface MeshDeclaration {
  /** Names the mesh in every message and its state. Lower-case letters, digits and `-`, at most 63. */
  name: string;
  consul: ConsulDeclaration;
  /** How the machines are reached, unless a node says otherwise. */
  ssh: SshDeclaration;
  /** Machines by name. The name is also the Consul node name. */
  nodes: Record<string, NodeDeclaration>;
  /** Services by name. @default none */
  services?: Record<string, ServiceDeclaration>;
  /** Ingress gateways by name. @default none */
  gateways?: Record<string, GatewayDeclaration>;
  /**
   * What goes beyond the derived edges. Every declared edge (gateway to service, service to upstream) is allowed and
   * everything else is denied without a line here.
   * @default none
   */
  intentions?: IntentionDeclaration[];
  /** Further Consul config entries. @default none */
  configEntries?: ConfigEntryDeclaration[];
  /** What was made by hand under declared names and becomes this mesh's. @default nothing */
  takeOver?: TakeOverDeclaration;
  /**
   * Where this mesh's Envoys listen. Another mesh on the same nodes has other ranges, so that no two Envoys want one port. A
   * change moves every sidecar to another port, each drained like any other change.
   * @default those of a mesh that is alone
   */
  ports?: PortsDeclaration;
}

/** A node has a port of each range for each of its instances. */
export interface PortsDeclaration {
  /** The first of the 1000 ports for Envoys' admin pages, on 127.0.0.1. @default 19000 */
  admin?: number;
  /** The first of the 1000 ports at which sidecars take calls of other nodes. @default 21000 */
  sidecars?: number;
}

/**
 * Under a declared name there may be something that a person made: units, a definition, a registration, a config entry. The
 * preflight refuses to touch it until it is named here. Names may stay here afterwards.
 */
export interface TakeOverDeclaration {
  /**
   * Services whose hand-made units, sidecar, definition and registration the deploy sets aside. They are put back and run
   * again when the new release does not serve; copies stay under /var/backups/gatehouse. @default none
   */
  services?: string[];
  /** The same for gateways. One that was made by hand on another node goes on serving until `letGo` names it. @default none */
  gateways?: string[];
  /**
   * Gateways of `gateways`, of which those made by hand on other nodes than `runsOn` are removed: when no client calls them
   * any more. @default none
   */
  letGo?: string[];
  /**
   * Config entries as `kind/name`, for example `ingress-gateway/edge`, that this mesh writes over. `destroy` puts them back as
   * they were. @default none
   */
  configEntries?: string[];
}

export interface ConsulDeclaration {
  /** Consul's `datacenter`. */
  datacenter: string;
  /** `host:port` at which Terraform reaches Consul's API: HTTPS, unless `tls` is false. @default the first of `addresses` */
  address?: string;
  /**
   * Several such addresses, a server's each: the first that answers is used, `address` before these. Where Terraform runs
   * elsewhere it is the first. @default `address` alone
   */
  addresses?: string[];
  /**
   * `true` where Consul already runs on every node: then there is no `cluster` stack.
   * @default false
   */
  existing?: boolean;
  /**
   * With `existing: true`: which of Consul's entries for everyone this mesh writes. `proxy-defaults` is
   * `proxy-defaults/global`: http is the protocol of every service that has none of its own. `default-deny` is the
   * intention that denies every call which no other one allows. `mesh` is `mesh/mesh`: how every sidecar reads paths, which permissions that name
   * a path need. All are for all services of that Consul, declared or not.
   * Refused without `existing`: such a mesh has its Consul for itself and owns all of them.
   * @default none
   */
  owns?: OwnedEntry[];
  /**
   * Access control lists: whoever has no token is refused. Each service's token is good for that service alone.
   * @default true; `false` gives a warning
   */
  acl?: boolean;
  /**
   * TLS on every port of Consul, with certificates on both sides: then `address` is that of the HTTPS API, port 8501.
   * @default true; `false` gives a warning
   */
  tls?: boolean;
  /** Encrypts what agents tell one another. @default true; `false` gives a warning */
  gossipEncryption?: boolean;
}

/** An entry of Consul's that is for every service: `proxy-defaults/global`, the intention from `*` to `*`, and `mesh/mesh`. */
export type OwnedEntry = "proxy-defaults" | "default-deny" | "mesh";

export interface SshDeclaration {
  /**
   * Who logs in: root, or a user who may run `/usr/local/sbin/gatehouse-root` with sudo. `user_data` makes such a user on a
   * new machine, `templates/shell/deploy-user.sh` on an old one.
   * @default "root"
   */
  user?: string;
  /**
   * Path of the private key, from the project's folder; git ignores `ssh-keys/` there. Needed unless `agent` is true.
   */
  privateKeyFile?: string;
  /** Take the keys of the running ssh-agent. @default false */
  agent?: boolean;
  /** @default 22 */
  port?: number;
  /** A host to go through. @default none */
  bastion?: BastionDeclaration;
}

export interface BastionDeclaration {
  host: string;
  /** The bastion's public host key: `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** @default the node's ssh user */
  user?: string;
  /** @default 22 */
  port?: number;
  /** @default the node's key */
  privateKeyFile?: string;
}

export interface NodeDeclaration {
  /** `server` runs a Consul server and no workload; `worker` runs instances. */
  role: "server" | "worker";
  /** IP address or host name: for ssh, and for the Consul agent when the `cluster` stack sets it up. */
  address: string;
  /**
   * The machine's public host key: `ssh-ed25519 AAAA...`. A changed key stops the deploy. Where the machine has several,
   * the one that Terraform asks for first: ECDSA, then RSA, then Ed25519; the preflight names it.
   */
  hostKey: string;
  /** For which gatehouse-node is built. The preflight refuses a node with another processor. @default "amd64" */
  arch?: Arch;
  /** What differs from the mesh's `ssh`. @default nothing */
  ssh?: SshDeclaration;
  /** `true` empties the machine: everything that Gatehouse put there is removed. @default false */
  retired?: boolean;
}

export interface ServiceDeclaration {
  /** Worker nodes, one instance each, rolled in this order. */
  runsOn: string[];
  /** TCP port on 127.0.0.1 at which the program listens. */
  port: number;
  protocol: Protocol;
  run: RunDeclaration;
  /** The service's process is ended when it takes more than this, and started again. systemd: `MemoryMax`. @default no limit */
  memoryMax?: Memory;
  /** The service's process gets no more than this. systemd: `CPUQuota`. @default no limit */
  cpuQuota?: CpuShare;
  /** @default a TCP check of `port` every 2s with a timeout of 1s */
  health?: HealthDeclaration;
  /** Services that this one calls, by name. @default none */
  upstreams?: Record<string, UpstreamDeclaration>;
}

export interface RunDeclaration {
  /** Path of an executable file, from the project's folder. It is copied to the machine. */
  binary: string;
  /** SHA-256 that the binary must have, 64 hex digits. Another file under its name stops the deploy. @default any */
  sha256?: string;
  /** Arguments, passed as they are: no shell looks at them. @default [] */
  args?: string[];
  /** Environment variables. Not for secrets: they stand in the state. @default {} */
  env?: Record<string, string>;
  /**
   * Environment variables whose values are secret, by name. The value itself is in the mesh's secrets, under `services`
   * (`npm run secrets` says what is wanted there), and reaches the machine as a file that only root reads.
   * @default {}
   */
  secrets?: Record<string, SecretDeclaration>;
}

/** A secret without its value. */
export interface SecretDeclaration {
  /**
   * Changes with the value: that rolls the service's instances, each drained. 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`,
   * for example `"1"` or `"2026-11"`. A new value under the same version waits for the next change of the service.
   */
  version: string;
}

/** One of `http`, `tcp`, `grpc` or `script`. Consul: service definition `check`. */
export interface HealthDeclaration {
  /** Path to GET on the service's port; 2xx is healthy. */
  http?: string;
  /** A connection to the service's port is healthy. */
  tcp?: true;
  /** gRPC health protocol on the service's port, asked for this service name (`""` asks for the whole server). */
  grpc?: string;
  /**
   * Command and arguments; exit 0 is healthy. It runs as the agent's user in the agent's sandbox: it may read and connect, and
   * write nothing but its own /tmp. An agent that is not Gatehouse's needs `enable_local_script_checks`.
   */
  script?: string[];
  /** @default "2s" */
  interval?: Duration;
  /** @default "1s" */
  timeout?: Duration;
}

export interface UpstreamDeclaration {
  /** Port on 127.0.0.1 at which the caller finds the upstream. */
  localPort: number;
}

export interface GatewayDeclaration {
  /** Worker nodes, one gateway instance each. */
  runsOn: string[];
  /** The gateway is ended when it takes more than this, and started again. systemd: `MemoryMax`. @default no limit */
  memoryMax?: Memory;
  /** The gateway gets no more than this. systemd: `CPUQuota`. @default no limit */
  cpuQuota?: CpuShare;
  /** May be empty: then the gateway runs and routes nothing. */
  listeners: ListenerDeclaration[];
  /**
   * Clusters in JSON that Envoy knows from its start, separated by commas: where it finds the servers of `tls.sds`.
   * Consul: `envoy_extra_static_clusters_json` of the gateway's `proxy.config`. @default none
   */
  extraStaticClustersJson?: string;
}

export interface ListenerDeclaration {
  /** TCP port on every address of the node. */
  port: number;
  /** Must be the protocol of every service behind it. */
  protocol: Protocol;
  /**
   * TLS, with a certificate of the mesh's own authority for the declared hosts, or with yours. `*` is then no host.
   * @default false
   */
  tls?: boolean | ListenerTlsDeclaration;
  services: ListenerServiceDeclaration[];
}

/** Consul: ingress-gateway `Listeners[].TLS`. */
export interface ListenerTlsDeclaration {
  /** @default "TLSv1_2" */
  minVersion?: "TLSv1_2" | "TLSv1_3";
  /** A certificate of yours, from a secret discovery service. @default one of the mesh's own authority */
  sds?: {
    /** A cluster of the gateway's `extraStaticClustersJson`. */
    clusterName: string;
    /** The name of the certificate there. */
    certResource: string;
  };
}

export interface ListenerServiceDeclaration {
  /** A declared service, or `*` for all (http-like listeners only). */
  name: string;
  /** Host header values that lead here, `*` for any. None on tcp. @default `<service>.ingress.*` */
  hosts?: string[];
}

export interface IntentionDeclaration {
  /** A service, a gateway, or `*`. */
  source: string;
  /** A service, or `*`. */
  destination: string;
  /** L4: exactly one of `action` and `permissions`. */
  action?: "allow" | "deny";
  /** L7, first match wins; what matches none is denied. Not for tcp services nor for destination `*`. */
  permissions?: PermissionDeclaration[];
}

/** Consul: service-intentions `Sources[].Permissions[]`. */
export interface PermissionDeclaration {
  action: "allow" | "deny";
  http: HttpPermissionDeclaration;
}

export interface HttpPermissionDeclaration {
  /**
   * At most one of the three path fields. Paths start with `/`. In a mesh that has any, doubled slashes count as one and
   * requests with an encoded slash are refused, unless a config entry of kind `mesh` says otherwise.
   */
  pathExact?: string;
  pathPrefix?: string;
  pathRegex?: string;
  /** Upper case. @default every method */
  methods?: string[];
  /** All must match. @default none */
  header?: HeaderPermissionDeclaration[];
}

/** Exactly one of `present`, `exact`, `prefix`, `suffix`, `contains`, `regex`. */
export interface HeaderPermissionDeclaration {
  name: string;
  present?: true;
  exact?: string;
  prefix?: string;
  suffix?: string;
  contains?: string;
  regex?: string;
  /** @default false */
  ignoreCase?: boolean;
  /** @default false */
  invert?: boolean;
}

/** Gives a declaration its type while it is written. It changes and checks nothing. */
export function defineMesh(declaration: MeshDeclaration): MeshDeclaration {
  return declaration;
}
