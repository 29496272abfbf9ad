// Generated from node/document by `npm run generate`: change the Go types, then run that again.

/** Kind of a workload. */
export type Kind = "service" | "ingress-gateway" | "job";

/** Role of a node. */
export type Role = "server" | "worker";

/**
 * Owner says for which mesh and on which node a program works. Several meshes may share a node: each changes only its own
 * things.
 */
export interface Owner {
  /** Mesh is the name of the mesh. */
  mesh: string;
  /** Node is the node's name, in the declaration and in Consul. */
  node: string;
}

/** File is a text file as it will be on the node. */
export interface File {
  /** Path is absolute. */
  path: string;
  /** Mode is octal, for example "0644". */
  mode: string;
  /** Content is the whole text. */
  content: string;
}

/** Setup makes a node ready for instances. Verb: setup. */
export interface Setup extends Owner {
  role: Role;
  /** TLS says whether the agent speaks TLS on its gRPC port. */
  tls: boolean;
  /** MeshCommand is the file of the `mesh` command. */
  meshCommand: File;
  /** DrainUnit takes the node out of the mesh before it shuts down. Absent on servers, which run no workload. */
  drainUnit?: File;
  /** FenceUnit closes ports on loopback when the node starts. Absent on servers. */
  fenceUnit?: File;
}

/** Incoming makes the folder into which Terraform puts secrets, closed to all other users. Verb: incoming. */
export type Incoming = Owner;

/** Tokens installs the tokens of the node's instances. They arrive as the secret file "tokens". Verb: tokens. */
export type Tokens = Owner;

/** Instance is one release of a service or a gateway on one node. Verb: instance apply. */
export interface Instance extends Owner {
  /** Name of the instance on its node: that of its files and units, and its id in Consul. */
  name: string;
  /** Service is the name of the service in Consul, of a further instance on a node. Absent: Name. */
  service?: string;
  kind: Kind;
  /** Release names the release: twelve hex digits of the hash of all that makes it. */
  release: string;
  /**
   * Files are the definition, the units, the environment and the configuration files. Only paths that belong to the instance are accepted.
   */
  files: File[];
  /** Binary that the service runs. Absent for a gateway, and where the program is the node's own. */
  binary?: Binary;
  /** Program that the unit starts: an absolute path. Absent for a gateway. */
  program?: string;
  /**
   * Unit whose process listens on Port, where that is no unit of the instance: it is never written, started, stopped, enabled
   * or disabled. It is a unit of others, or that of the service SameProcessAs. Absent: the instance's own unit.
   */
  unit?: string;
  /**
   * SameProcessAs is a service of the mesh on this node, whose process listens on Port too. Absent: the process is not shared.
   */
  sameProcessAs?: string;
  /** Secrets are the secret environment variables; their values arrive as the secret file "env-NAME". */
  secrets?: SecretVariable[];
  /**
   * SecretFiles are configuration files whose content is a secret: its value arrives with those of Secrets, by the secret's name.
   */
  secretFiles?: SecretFile[];
  /** Before runs once before the release is put into service. Absent where nothing is to run. */
  before?: Before;
  /** Port that the service listens on, on 127.0.0.1. Absent for a gateway, and for a service that nothing calls. */
  port?: number;
  /** SidecarPort is the sidecar's public listener. Absent for a gateway and a job. */
  sidecarPort?: number;
  /** AdminPort is the port of Envoy's admin page, on 127.0.0.1. 0 for a job, which has no Envoy. */
  adminPort: number;
  /** Upstreams are the services for which the sidecar listens on behalf of this one. */
  upstreams?: Upstream[];
  health: Health;
  /** Drain says whether other instances of the workload are declared, so that callers can use those meanwhile. */
  drain: boolean;
  /** Purge says that the folders which systemd made for the service are removed together with it. */
  purge?: boolean;
  /** Reload is the signal by which the service reads its configuration files again. "": they restart it. */
  reload?: string;
  /**
   * TakeOver says that the first release replaces an instance of this name that a person made. Without it, a node with such
   * an instance is refused.
   */
  takeOver?: boolean;
}

/**
 * Binary is a file that was uploaded to /opt/gatehouse/incoming/MESH/SHA256, or that the node fetches. It becomes
 * /opt/gatehouse/binaries/SHA256/NAME.
 */
export interface Binary {
  sha256: string;
  /** Name of the file, for `ps`, or of the folder that it is unpacked into. */
  name: string;
  /** Resource is the Terraform resource that uploads it, for the message when the file is missing. Absent with URL. */
  resource?: string;
  /**
   * Archive is the format of an archive that is unpacked: "tar", "tar.gz" or "zip". Absent: the file is kept as it is.
   */
  archive?: string;
  /** URL that the node fetches it from. Absent: it was uploaded. */
  url?: string;
}

/** SecretVariable is an environment variable whose value is a secret. */
export interface SecretVariable {
  name: string;
  /** Version changes with the value. */
  version: string;
}

/** SecretFile is a configuration file whose content is a secret. */
export interface SecretFile {
  /** Path is absolute. */
  path: string;
  secret: string;
  /** Version changes with the content. */
  version: string;
}

/** Before are the commands that run before a release. */
export interface Before {
  /**
   * Unit is the text of the unit that runs them, in the sandbox of the service. It reads the files of the release in
   * /run/gatehouse-before/NAME.
   */
  unit: string;
  /** Programs that they start: absolute paths. */
  programs: string[];
}

/** Upstream is a service that this one calls. */
export interface Upstream {
  name: string;
  /** LocalPort is where the sidecar listens for it, on 127.0.0.1. */
  localPort: number;
}

/** Health says how the program finds out whether a new process serves. */
export interface Health {
  /**
   * Direct says that the program makes the same check as Consul's agent. False for a gateway, and for a service of an earlier
   * version with a check over gRPC or by a script.
   */
  direct: boolean;
  /** URL of an HTTP check. Without it and the next ones, it is enough that the service listens on its port. */
  url?: string;
  /** Method of the request to URL. "": GET. */
  method?: string;
  /** Header of the request to URL. */
  header?: Record<string, string[]>;
  /** GRPC is asked by the health protocol of gRPC. */
  grpc?: GRPCHealth;
  /** Script is a command that has to end with 0. */
  script?: string[];
  /**
   * Socket on which the service's own sandbox runs Script. Absent in a release of an earlier version, whose script Consul's agent
   * runs.
   */
  socket?: string;
  /** TCP is an address that has to accept connections, besides the service's port. */
  tcp?: string;
  /** TLS says that URL, GRPC or TCP speak TLS, with any certificate. */
  tls?: boolean;
  /** TimeoutSeconds of one check. */
  timeoutSeconds: number;
  /** StartSeconds is how long a release may take until it serves. 0: a minute. */
  startSeconds?: number;
  /**
   * SteadySeconds is how long a process that was just started must go on serving; without a port: how long it must run without
   * ending once.
   */
  steadySeconds: number;
}

/** GRPCHealth is a server that is asked for the health of one of its services; "" is the whole server. */
export interface GRPCHealth {
  server: string;
  service: string;
}

/** Name names an instance. Verbs: instance rollback, instance remove. */
export interface Name {
  name: string;
}

/** Sweep removes from a node what this mesh put there and no longer declares. Verb: sweep. */
export interface Sweep extends Owner {
  /** Instances that belong here. */
  instances: string[];
  /** Binaries that belong here: their SHA-256. */
  binaries: string[];
  /**
   * LetGo are gateways that the declaration runs on other nodes: one that was made by hand here under such a name is
   * removed, and copies of its files are kept.
   */
  letGo: string[];
}

/** Wipe removes everything that this mesh put on the node, and nothing of another mesh. Verb: wipe. */
export interface Wipe extends Owner {
  /** Agent says whether the Consul agent is removed, too. */
  agent: boolean;
  /**
   * OnDestroy says that the whole stack is destroyed: then it is no error when an earlier version gave the node to another
   * mesh, and the node is left as it is.
   */
  onDestroy: boolean;
}

/** Probe waits until every declared route of a gateway on this node is answered by its service. Verb: probe. */
export interface Probe extends Owner {
  gateway: string;
  /** AdminPort of the gateway's Envoy here. */
  adminPort: number;
  routes: Route[];
  /**
   * ACL says that a token arrives as the secret file "probe-GATEWAY", with which the earlier routes are put back when
   * the new ones do not answer.
   */
  acl: boolean;
}

/** Route as the probe tries it. */
export interface Route {
  /** Protocol of the listener: http, http2, grpc or tcp. */
  protocol: string;
  port: number;
  /** TLS says whether the listener speaks TLS. */
  tls: boolean;
  /** Host is a Host header that leads to the service; "-" on tcp. */
  host: string;
  service: string;
}

/**
 * Expand lets Consul serve the mesh as it was and as it will be, until every instance is replaced: it allows the new edges
 * next to the old ones, and changes the protocol of services in the order that Consul accepts. Verb: expand. Once the
 * instances serve, the verb expand routing writes Routing.
 */
export interface Expand extends Owner {
  /** ACL says that a token arrives as the secret file "handover". */
  acl: boolean;
  /**
   * Intentions, Services and Gateways are the declared config entries service-intentions, service-defaults and
   * ingress-gateway, as Consul's API takes them.
   */
  intentions: Record<string, unknown>[];
  services: Record<string, unknown>[];
  gateways: Record<string, unknown>[];
  /** Routing are the declared entries service-resolver, service-splitter and service-router. */
  routing: Record<string, unknown>[];
  /**
   * TakeOver are config entries, as kind/name, that this mesh writes in place of those that were made by hand. These are
   * recorded in Consul before anything is written.
   */
  takeOver?: string[];
}

/** EntryTake writes a config entry in place of one that was made by hand. Verb: entry take. */
export interface EntryTake extends Owner {
  /** Secret is the name of the secret file with the token. Absent where there are no ACLs. */
  secret?: string;
  /** Entry as Consul's API takes it. */
  entry: Record<string, unknown>;
}

/** EntryReturn puts back, on destroy, a config entry that was taken over. Verb: entry return. */
export interface EntryReturn extends Owner {
  /** ACL says that the token is the one that `entry take` left on the node. */
  acl: boolean;
  kind: string;
  name: string;
}

/**
 * EntriesSettle puts back the config entries that were taken over and that the declaration no longer takes over. Verb:
 * entry settle.
 */
export interface EntriesSettle extends Owner {
  /** Secret is the name of the secret file with the token. Absent where there are no ACLs. */
  secret?: string;
  /** TakeOver are the entries that stay taken over, as kind/name. */
  takeOver: string[];
  /** Written are all entries that this mesh writes, as kind/name. */
  written: string[];
}

/**
 * ExpandRemoval removes, on destroy, the intentions that an expansion made and no deploy took over. Verb: expand remove.
 */
export type ExpandRemoval = Owner;

/** Agent sets up the Consul agent of a node. Verb: agent setup. */
export interface Agent extends Owner {
  role: Role;
  /** Last says that this is the last server to be set up. */
  last: boolean;
  acl: boolean;
  tls: boolean;
  /** Secrets says that the secret file "agent" arrives. */
  secrets: boolean;
  /** Configuration and Unit of the agent. */
  configuration: File;
  unit: File;
}

/**
 * AgentToken gives a server's agent, which already runs, its own token: the secret file "agent-token". Verb: agent token.
 */
export type AgentToken = Owner;

/**
 * AgentRefresh has the agent register its services again with the results that their checks have now. Verb: agent refresh.
 */
export type AgentRefresh = Owner;

/** AgentRemoval removes the Consul agent that `agent setup` set up. Verb: agent remove. */
export type AgentRemoval = Owner;

/** Inspection asks what is on a node; nothing is changed. Verb: inspect. */
export interface Inspection extends Owner {
  /** Files to look at: absolute paths. */
  files: string[];
  /** Units that are declared here. */
  units: string[];
  /** Services are those of the units that only the mesh may reach. */
  services: string[];
  /** Names of every workload of the mesh, and of their instances. */
  names: string[];
  envoys: EnvoyAdmin[];
  edges: EdgeTrial[];
  /** EdgeSeconds after which no further edge is tried. */
  edgeSeconds: number;
}

/** EnvoyAdmin is an Envoy of the node. */
export interface EnvoyAdmin {
  name: string;
  adminPort: number;
}

/** EdgeTrial is one attempt of a workload to call a service. */
export interface EdgeTrial {
  id: string;
  /** Expect is "allowed", "refused" or "either". */
  expect: string;
  /**
   * Through "upstream" is the caller's own upstream port, as the program itself calls; "certificate" is the sidecar of
   * the called service, asked with the caller's certificate.
   */
  through: string;
  /** Protocol of the called service. */
  protocol: string;
  /** Port of the upstream or of the called sidecar. */
  port: number;
  /** Caller whose certificate is used, and the Host of the called sidecar. Absent for "upstream". */
  caller?: string;
  host?: string;
}

/**
 * Questions ask in what state a deploy would find a node; nothing is changed. The answer is lines, which nodes/facts.ts
 * reads. Verb: inspect node.
 */
export interface Questions {
  /** Programs that may be missing. */
  programs: string[];
  /** Ports: TCP ports that another process may hold. */
  ports: number[];
  /** Units that may be there. */
  units: string[];
  /** Services are units that other nodes may reach past the mesh. */
  services: string[];
  /** Names of services that Consul's configuration files may define. */
  names: string[];
  /** Folders that may be read-only or full: absolute paths. */
  folders: string[];
  /** Files whose SHA-256 is asked for: absolute paths. */
  files: string[];
  /** Commands that services start: absolute paths, and names to look up. */
  commands?: string[];
  /** Made asks for what people made for services. The answer is one line of JSON: a list of MadeByHand. */
  made?: MadeQuestion;
  /** Users and Groups that services have. */
  users?: string[];
  groups?: string[];
  /** Paths that services need: absolute. */
  paths?: string[];
}

/** MadeQuestion asks what people made on a node for services: see MadeByHand. */
export interface MadeQuestion {
  /** Registrations of this node, as Consul's catalogue has them: an agent with ACLs shows them only to a token. */
  registrations: MadeRegistration[];
}

/** MadeRegistration is a registration in the words of Consul's API. */
export interface MadeRegistration {
  ID: string;
  Service: string;
  /** Kind is "" for a service, "connect-proxy" for a sidecar, "ingress-gateway" for a gateway. */
  Kind: string;
  /** Address is "" where it is the node's. */
  Address: string;
  Port: number;
  /** Of is the service that a sidecar is for, and OfID the id of that one's registration. */
  Of: string;
  OfID: string;
  /** Mesh of Gatehouse that the registration belongs to; "" where a person made it. */
  Mesh: string;
}

/** MadeByHand is a service or gateway that people made on a node. No value that looks like a secret is in it. */
export interface MadeByHand {
  name: string;
  /** Kind is "" for a service, else Consul's, for example "ingress-gateway". */
  kind: string;
  /** Files of Consul's configuration that define it or its sidecar. */
  files: string[];
  /** IDs of its registrations, and of its sidecars'. */
  ids: string[];
  /** Shared says why it cannot be taken over, each with what to do about it. */
  shared: string[];
  /** Definitions are read from those files, and from what Consul keeps of registrations through its API. */
  definitions: MadeDefinition[];
  /** Units that run it or its sidecar. */
  units: MadeUnit[];
}

/** MadeDefinition is what a definition says of a service. */
export interface MadeDefinition {
  file: string;
  id: string;
  port: number;
  address: string;
  /** Sidecar says whether a sidecar is defined with it; SidecarPort is 0 where Consul chooses the port. */
  sidecar: boolean;
  sidecarPort: number;
  checks: MadeCheck[];
  upstreams: MadeUpstream[];
  /** Others are the names of further settings. */
  others: string[];
}

/**
 * MadeCheck is a health check: one of HTTP (a URL), TCP (an address), GRPC and Args is set, or another kind is named in Others.
 */
export interface MadeCheck {
  http: string;
  tcp: string;
  grpc: string;
  args: string[];
  interval: string;
  timeout: string;
  others: string[];
}

/** MadeUpstream is a service that another one calls through its sidecar. */
export interface MadeUpstream {
  name: string;
  localPort: number;
  /** LocalAddress is "" for 127.0.0.1. */
  localAddress: string;
  others: string[];
}

/** MadeUnit is a unit of systemd, with its drop-ins. */
export interface MadeUnit {
  name: string;
  /** File is "" where only a process of the unit was seen. */
  file: string;
  state: string;
  /** Envoy says whether it runs an Envoy: a sidecar or a gateway. */
  envoy: boolean;
  /**
   * Command that it starts: the program's full path, then its arguments. The value of an argument that looks like a secret is
   * left out, and the argument's name is in CutArguments.
   */
  command: string[];
  cutArguments: string[];
  /** SHA256 of the program's file; "" when it cannot be read. */
  sha256: string;
  /** Environment variables, but for those that look like secrets: these are named in Secrets. */
  environment: Record<string, string>;
  secrets: string[];
  environmentFiles: string[];
  user: string;
  workingDirectory: string;
  /** MemoryMax in bytes, 0 without a limit; CPUQuota in percent of one processor, 0 without a limit. */
  memoryMax: number;
  cpuQuota: number;
  /** Others are the names of further directives of its section [Service]. */
  others: string[];
}

/**
 * Report is the state in which gatehouse-node found a node. Verb: inspect. Its fields have Consul's and systemd's names where
 * they have one.
 */
export interface Report {
  /** Version of the gatehouse-node that wrote this. */
  version: string;
  /** Mesh that asks, as it is on record on the node. */
  mesh: NodeRecord;
  /** Others are the other meshes on this node. Of their things, only the registrations are in this report. */
  others: string[];
  /** Uptime in seconds since the node started. */
  uptime: number;
  /** Files are those of the inspected files that exist. */
  files: FileReport[];
  /** Tree is everything below /opt/gatehouse, without the content of releases. */
  tree: TreeEntry[];
  /** Needed are the SHA-256 of the binaries that a release on the node runs. */
  needed: string[];
  /** Unpacked are the archives that were unpacked on the node. */
  unpacked: UnpackedReport[];
  /** Written are the units and definitions with Gatehouse's mark: absolute paths. */
  written: string[];
  /** Units that are declared, and all others that have the name of a workload of the mesh. */
  units: UnitReport[];
  /** Processes of the declared units that run one of Gatehouse's binaries. */
  processes: ProcessReport[];
  /** Open are the sockets of services that other nodes can reach: those that are not on loopback. */
  open: OpenSocket[];
  /** Fences of ports on loopback. */
  fences: FenceReport;
  /** Services of Consul's agent. Absent when it did not answer. */
  services?: AgentService[];
  /** Checks of Consul's agent. Absent when it did not answer. */
  checks?: AgentCheck[];
  /**
   * Leader is the address of the leader of Consul's servers; "" when there is none, or when the agent did not answer.
   */
  leader: string;
  /** Envoys, one for each that was asked about. */
  envoys: EnvoyReport[];
  /** Copies are the folders with copies of files that a person made and a deploy replaced, the oldest first. */
  copies: string[];
  /** Edges that were tried; one for which there was no time is missing. */
  edges: EdgeReport[];
}

/** NodeRecord says that a mesh is on a node. All fields are empty where it was never deployed. */
export interface NodeRecord extends Owner {
  role: Role;
  /** TLS says whether the agent speaks TLS on its gRPC port. */
  tls: boolean;
}

/** FileReport is a file as it is on the node. */
export interface FileReport {
  path: string;
  /** Type in the words of stat: "regular file", "directory", "symbolic link" and so on. */
  type: string;
  /** Owner is user:group; a number where no user or group has it. */
  owner: string;
  /** Mode is octal, for example "644". */
  mode: string;
  /**
   * SHA256 of the content: of a definition without the token that the node wrote into it. "" when it is not a regular
   * file.
   */
  sha256: string;
  /** Foreign says that another program has the name of the command `mesh`: it stays. */
  foreign?: boolean;
}

/** TreeEntry is a file, folder or link below /opt/gatehouse. */
export interface TreeEntry {
  path: string;
  /** Type is "f" for a file, "d" for a folder, "l" for a symbolic link, "?" for anything else. */
  type: string;
  /** Target of a symbolic link; "" otherwise. */
  target: string;
}

/** UnpackedReport is an archive that was unpacked on the node. */
export interface UnpackedReport {
  sha256: string;
  /**
   * Whole says that all files have the content, mode and owner with which they were unpacked, and that there are no others.
   */
  whole: boolean;
}

/** UnitReport has systemd's properties of a unit. */
export interface UnitReport {
  Id: string;
  /** LoadState is "not-found" where there is no file of this name. */
  LoadState: string;
  ActiveState: string;
  UnitFileState: string;
  /** NRestarts counts systemd's own restarts since a person or a program last started the unit. */
  NRestarts: number;
  FragmentPath: string;
  DropInPaths: string[];
  /** NeedDaemonReload says that the file changed since systemd read it. */
  NeedDaemonReload: boolean;
  /** ActiveEnterTimestampMonotonic is when the unit last became active, in microseconds since the node started. */
  ActiveEnterTimestampMonotonic: number;
}

/** ProcessReport is the main process of a unit. */
export interface ProcessReport {
  unit: string;
  /** Exe is the path that the kernel has; " (deleted)" follows a file that is gone or was replaced. */
  exe: string;
  /** SHA256 of the program that runs, which may not be the file at Exe any more. */
  sha256: string;
}

/** OpenSocket is where a unit listens. */
export interface OpenSocket {
  unit: string;
  /** At is address:port, for example "10.77.0.12:9001" or "[::]:9001". */
  at: string;
}

/** FenceReport compares the kernel's rules with those that the instances of the node need. */
export interface FenceReport {
  /** Fault is why the kernel has no rules to read, or why it is not known which ones are needed; "" for none. */
  fault: string;
  /** Open ports have no rule, or one that refuses less than it has to. */
  open: number[];
  /** Closed ports refuse a user who needs them, or are fenced for nothing that is here. */
  closed: number[];
}

/** AgentService is a registration in Consul's agent. */
export interface AgentService {
  ID: string;
  Service: string;
  /** Kind is "" for a service, "connect-proxy" for a sidecar, "ingress-gateway" for a gateway. */
  Kind: string;
  Port: number;
  /** Of is the service that a sidecar is for; "" otherwise. */
  Of: string;
  /** Mesh that the registration belongs to, by its Meta; "" where a person or an earlier version made it. */
  Mesh: string;
  Upstreams: AgentUpstream[];
  /**
   * Rest is what else a registration says of where and how the service is reached, as Consul's API names it: Address,
   * TaggedAddresses, SocketPath, Tags, EnableTagOverride, Meta and Proxy, as far as they are there.
   */
  Rest: Record<string, unknown>;
}

/** AgentUpstream is an upstream of a registered sidecar. */
export interface AgentUpstream {
  DestinationName: string;
  LocalBindPort: number;
}

/** AgentCheck is a health check of Consul's agent. */
export interface AgentCheck {
  /** ServiceID is "" for a check of the node. */
  ServiceID: string;
  Name: string;
  Status: string;
  Output: string;
}

/** EnvoyReport is the state of an Envoy, from its admin page. */
export interface EnvoyReport {
  /** Name of the instance. */
  name: string;
  /** Ready is "LIVE", another state of Envoy, or "" when the page does not answer. */
  ready: string;
  listeners: EnvoyListener[];
  clusters: EnvoyCluster[];
  certificates: EnvoyCertificate[];
}

/** EnvoyListener is a port that Envoy listens on. */
export interface EnvoyListener {
  name: string;
  port: number;
}

/** EnvoyCluster is a service as Envoy calls it. */
export interface EnvoyCluster {
  name: string;
  /** Healthy endpoints, by Consul's checks and by Envoy's own. */
  healthy: number;
}

/** EnvoyCertificate is when a certificate that Envoy uses begins and ends to be valid: RFC 3339. */
export interface EnvoyCertificate {
  from: string;
  to: string;
}

/** EdgeReport is the result of one EdgeTrial. */
export interface EdgeReport {
  id: string;
  /** Answer is "allowed", "refused" or "failed". */
  answer: string;
  /** Detail is the evidence for it. */
  detail: string;
}

/**
 * Fence says which users the units of an instance have, and which ports on loopback belong to it. It is a file of the release,
 * /opt/gatehouse/fences/NAME.json; package fence makes rules of the kernel from it.
 */
export interface Fence {
  /** Envoy is the user of the unit of the instance's Envoy. Absent where it has none. */
  envoy?: string;
  /**
   * Service is the user of the unit of a service's program. Absent for a gateway, and for a service that a unit of others runs,
   * whose user is not known.
   */
  service?: string;
  /** Port that the service listens on. Absent where nothing calls it, and where Service is. */
  port?: number;
  /** HealthPort is the service's port for health checks. Absent where that is Port. */
  healthPort?: number;
  /** AdminPort is the port of Envoy's admin page. Absent where there is no Envoy. */
  adminPort?: number;
  /** ReadyPort is where a gateway's Envoy tells Consul's agent that it is ready. Absent for a service. */
  readyPort?: number;
  /** Upstreams are the ports on which the sidecar listens for the service. */
  upstreams?: number[];
}
