/**
 * A mesh that a team has made by hand on the lab's nodes, without Gatehouse: Consul, an ingress gateway on the server,
 * frontend -> backend with their sidecars, and another team's legacy -> ledger with entries of their own.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ssh } from "../../../lab/ssh";
import type { MeshDeclaration } from "../../../model";
import { declaration, freshLab, getUntil, on } from "./mesh";

export interface ByHandOptions {
  /** ACLs that deny by default, TLS with certificates of each agent's own (no auto-encrypt). @default open */
  locked?: boolean;
  /** Units, definitions and ids of the services have other names than a declaration gives them. @default the same */
  otherNames?: boolean;
  /** Nodes of frontend. @default ["worker1"] */
  frontends?: string[];
  /** Nodes of backend. @default ["worker2"] */
  backends?: string[];
}

export interface ByHand {
  /** Declares frontend, backend and the gateway (on gateway1) in this Consul; takes nothing over yet. */
  mesh: MeshDeclaration;
  /** The token that may do everything, where it is locked. */
  token?: string;
  /** A command on a node by a person who has every right in Consul. */
  asOperator(command: string): string;
}

/** The gateway by hand, on the server. */
export const HAND_GATEWAY = "http://10.77.0.10:8080";
/** legacy, which hands each request on to ledger through its sidecar. */
export const FOREIGN = "http://10.77.0.12:9101";

const NODES = { server1: "10.77.0.10", gateway1: "10.77.0.11", worker1: "10.77.0.12", worker2: "10.77.0.13" };
type NodeName = keyof typeof NODES;
const MANAGEMENT = "11111111-2222-4333-8444-555555555555";

/** Fresh nodes with such a mesh that answers. */
export async function madeByHand(options: ByHandOptions = {}): Promise<ByHand> {
  const { locked = false, otherNames = false, frontends = ["worker1"], backends = ["worker2"] } = options;
  const mesh = declared(locked, frontends, backends);
  await freshLab(mesh);
  const certificates = locked ? await makeCertificates() : undefined;
  await Promise.all(Object.keys(NODES).map((node) => copyProgram(node)));
  // The agents of the workers join the server's.
  await startAgent("server1", certificates);
  await Promise.all((["gateway1", "worker1", "worker2"] as const).map((node) => startAgent(node, certificates)));
  const asOperator = (command: string) => `${locked ? `export CONSUL_HTTP_TOKEN=${MANAGEMENT}; ` : ""}${command}`;
  await untilWell("server1", asOperator("test $(consul members | grep -c alive) = 4"));
  for (const entry of ENTRIES) await on("server1", asOperator(`consul config write - <<<'${JSON.stringify(entry)}'`));
  const make = (node: string, service: HandService) => on(node, asOperator(scriptOf(service, locked)));
  const names = (name: string) => (otherNames ? { unit: `shop-${name}`, file: `10-${name}`, id: `${name}-1` } : {});
  const made = [
    ...backends.map((node) => make(node, { name: "backend", port: 9002, admin: 19902, ...names("backend") })),
    ...frontends.map((node) =>
      make(node, { name: "frontend", port: 9001, admin: 19901, calls: ["backend", 5000], ...names("frontend") }),
    ),
  ];
  await Promise.all(made);
  await make("worker2", { name: "ledger", port: 9102, admin: 19912 });
  await make("worker1", { name: "legacy", port: 9101, admin: 19911, calls: ["ledger", 5101], address: NODES.worker1 });
  await on("server1", asOperator(gatewayScript(otherNames, locked)));
  for (const url of [HAND_GATEWAY, FOREIGN]) {
    const { status, body } = await getUntil(200, url, [], 60);
    if (status !== 200) throw new Error(`the mesh made by hand does not answer at ${url}: ${status} ${body}`);
  }
  Object.assign(process.env, environment(certificates)); // what Terraform's consul provider and the preflight read
  return { mesh, ...(locked && { token: MANAGEMENT }), asOperator };
}

function declared(locked: boolean, frontends: string[], backends: string[]): MeshDeclaration {
  const mesh = declaration();
  mesh.name = "shop";
  mesh.consul = locked
    ? { datacenter: "dc1", address: "10.77.0.10:8501", existing: true, gossipEncryption: false }
    : {
        datacenter: "dc1",
        address: "10.77.0.10:8500",
        existing: true,
        acl: false,
        tls: false,
        gossipEncryption: false,
      };
  mesh.services!.frontend!.runsOn = frontends;
  mesh.services!.backend!.runsOn = backends;
  return mesh;
}

interface HandService {
  name: string;
  port: number;
  /** Envoy's admin port. */
  admin: number;
  /** Service that it hands requests on to, and the local port of it. @default answers itself */
  calls?: [string, number];
  /** @default 127.0.0.1 */
  address?: string;
  /** Name of the unit; the sidecar's is this and `-sidecar-proxy`. @default the name */
  unit?: string;
  /** Name of the definition. @default the name */
  file?: string;
  /** @default the name */
  id?: string;
}

const PORTS_OFF = "-redirect-port disabled -grpc-port disabled -tcp-port disabled -udp-port disabled";

/** Files, units and registration of one service, in bash, by a person. */
function scriptOf(service: HandService, locked: boolean): string {
  const { name, port, admin, calls, address = "127.0.0.1", unit = name, file = name, id = name } = service;
  const listen = calls
    ? `-http-port disabled -M "${address}:${port} http://127.0.0.1:${calls[1]}"`
    : `-http-port ${address}:${port}`;
  const upstreams = calls ? `upstreams = [{ destination_name = "${calls[0]}", local_bind_port = ${calls[1]} }]` : "";
  const token = locked ? `token = "$token"` : "";
  const sidecar = unit === name ? `${name}-sidecar-proxy` : `${unit}-envoy`;
  return `set -e
${locked ? tokenFor(`-service-identity ${name}`) : ""}
cat >/etc/consul.d/${file}.hcl <<HCL
service {
  name = "${name}"
  id   = "${id}"
  port = ${port}
  address = "${address === "127.0.0.1" ? "" : address}"
  ${token}
  check { tcp = "${address}:${port}", interval = "2s", timeout = "1s" }
  connect { sidecar_service { proxy { ${upstreams} } } }
}
HCL
cat >/etc/systemd/system/${unit}.service <<'UNIT'
[Unit]
Description=${name}, by hand
[Service]
ExecStart=/usr/local/bin/fortio-by-hand server ${listen} ${PORTS_OFF}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
cat >/etc/systemd/system/${sidecar}.service <<UNIT
[Unit]
Description=Envoy of ${name}, by hand
After=consul.service
[Service]
${locked ? "Environment=CONSUL_HTTP_TOKEN=$token" : ""}
ExecStart=/usr/local/bin/consul connect envoy -sidecar-for ${id} -admin-bind 127.0.0.1:${admin} -ignore-envoy-compatibility ${xds(locked)}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now --quiet ${unit}
consul reload >/dev/null
systemctl enable --now --quiet ${sidecar}
`;
}

/** The seed's gateway on the server. */
function gatewayScript(otherNames: boolean, locked: boolean): string {
  const unit = otherNames ? "edge-envoy" : "ingress-gateway";
  return `set -e
${locked ? tokenFor("-service-identity ingress-gateway -policy-name everything-read") : ""}
cat >/etc/consul.d/ingress_gateway.hcl <<HCL
service {
  name = "ingress-gateway"
  kind = "ingress-gateway"
  ${locked ? `token = "$token"` : ""}
}
HCL
cat >/etc/systemd/system/${unit}.service <<UNIT
[Unit]
After=consul.service
[Service]
${locked ? "Environment=CONSUL_HTTP_TOKEN=$token" : ""}
ExecStart=/usr/local/bin/consul connect envoy -gateway=ingress -proxy-id ingress-gateway -ignore-envoy-compatibility -admin-bind 127.0.0.1:19900 ${xds(locked)}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
consul reload >/dev/null
systemctl enable --now --quiet ${unit}
`;
}

/** How a person's Envoy reaches the agent. */
const xds = (locked: boolean): string =>
  locked ? "-grpc-addr https://127.0.0.1:8503 -grpc-ca-file /etc/consul.d/tls/ca.pem" : "-grpc-addr 127.0.0.1:8502";

const tokenFor = (rights: string): string =>
  `token=$(consul acl token create -format=json ${rights} | jq -r .SecretID)`;

const allow = (...names: string[]) => names.map((Name) => ({ Name, Action: "allow" }));

/** The team's own, and another team's for ledger. */
const ENTRIES = [
  { Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } },
  { Kind: "service-defaults", Name: "ledger", Protocol: "http", Meta: { team: "billing" } },
  { Kind: "service-router", Name: "ledger", Routes: [], Meta: { team: "billing" } },
  {
    Kind: "ingress-gateway",
    Name: "ingress-gateway",
    Listeners: [{ Port: 8080, Protocol: "http", Services: [{ Name: "frontend", Hosts: ["*"] }] }],
  },
  { Kind: "service-intentions", Name: "frontend", Sources: allow("ingress-gateway") },
  { Kind: "service-intentions", Name: "backend", Sources: allow("frontend") },
  { Kind: "service-intentions", Name: "ledger", Sources: allow("legacy") },
];

/** PEM files by name, as `consul tls` makes them. */
type Certificates = Record<string, string>;

/** An authority, and a certificate for each agent and for the person who runs Terraform, made on the server. */
async function makeCertificates(): Promise<Certificates> {
  const local = "-additional-dnsname=localhost -additional-ipaddress=127.0.0.1";
  const printed = await on(
    "server1",
    `set -e; mkdir -p /root/tls; cd /root/tls
consul tls ca create >/dev/null
consul tls cert create -server -dc dc1 ${local} -additional-ipaddress=${NODES.server1} >/dev/null
for each in 0 1 2 3; do consul tls cert create -client -dc dc1 ${local} >/dev/null; done
for file in *.pem; do echo "== $file"; cat $file; done`,
  );
  const files = printed.split("== ").filter(Boolean);
  return Object.fromEntries(
    files.map((text) => [text.split("\n")[0]!, `${text.split("\n").slice(1).join("\n").trim()}\n`]),
  );
}

const own = (node: NodeName): string =>
  node === "server1" ? "dc1-server-consul-0" : `dc1-client-consul-${["gateway1", "worker1", "worker2"].indexOf(node)}`;

/** Consul's agent with a unit and a configuration of the team's own. */
async function startAgent(node: NodeName, certificates: Certificates | undefined): Promise<void> {
  const server = node === "server1";
  const settings = `datacenter = "dc1"
node_name = "${node}"
data_dir  = "/opt/consul"
bind_addr = "${NODES[node]}"
retry_join = ["${NODES.server1}"]
client_addr = "${server && !certificates ? "0.0.0.0" : "127.0.0.1"}"
${server ? "server = true\nbootstrap_expect = 1" : ""}
connect { enabled = true }
performance { raft_multiplier = 1 }
disable_update_check = true
enable_local_script_checks = true
${certificates ? lockedSettings(server) : "ports { grpc = 8502 }"}
`;
  const tls = certificates && {
    "ca.pem": certificates["consul-agent-ca.pem"],
    "agent.pem": certificates[`${own(node)}.pem`],
    "agent-key.pem": certificates[`${own(node)}-key.pem`],
  };
  await on(
    node,
    `set -e
getent passwd consul >/dev/null || useradd --system --home-dir /opt/consul --shell /usr/sbin/nologin consul
install -d -o consul -g consul /opt/consul /etc/consul.d /etc/consul.d/tls
cat >/etc/consul.d/consul.hcl <<'HCL'
${settings}HCL
${Object.entries(tls ?? {})
  .map(([file, pem]) => `cat >/etc/consul.d/tls/${file} <<'PEM'\n${pem}PEM`)
  .join("\n")}
chown -R consul:consul /etc/consul.d
cat >/etc/systemd/system/consul.service <<'UNIT'
[Unit]
Description=Consul, by hand
[Service]
Type=notify
User=consul
ExecStart=/usr/local/bin/consul agent -config-dir=/etc/consul.d
ExecReload=/bin/kill --signal HUP $MAINPID
KillMode=process
Restart=on-failure
LimitNOFILE=65536
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now --quiet consul`,
  );
  if (!server) return;
  await untilWell(node, "curl -sf http://127.0.0.1:8500/v1/status/leader | grep -q :");
  if (certificates) {
    const rules = 'node_prefix "" { policy = "read" } service_prefix "" { policy = "read" }';
    await untilWell(
      node,
      `export CONSUL_HTTP_TOKEN=${MANAGEMENT}; consul acl policy read -name everything-read >/dev/null || consul acl policy create -name everything-read -rules '${rules}'`,
    );
  }
}

/** Each agent works with the management token: a shortcut that teams take. */
const lockedSettings = (server: boolean): string => `acl {
  enabled = true
  default_policy = "deny"
  enable_token_persistence = true
  tokens {
    ${server ? `initial_management = "${MANAGEMENT}"` : ""}
    agent = "${MANAGEMENT}"
  }
}
tls {
  defaults {
    ca_file = "/etc/consul.d/tls/ca.pem"
    cert_file = "/etc/consul.d/tls/agent.pem"
    key_file = "/etc/consul.d/tls/agent-key.pem"
    verify_incoming = true
    verify_outgoing = true
  }
  internal_rpc { verify_server_hostname = true }
  grpc { verify_incoming = false }
}
${server ? `addresses { https = "0.0.0.0" }` : ""}
ports {
  ${server ? "https = 8501" : ""}
  grpc = -1
  grpc_tls = 8503
}`;

const folder = "lab/.state/e2e";

/** The certificates in files of the test's folder, for Terraform. */
function environment(certificates: Certificates | undefined): Record<string, string> {
  if (!certificates) return {};
  const file = (name: string, pem = "") => {
    mkdirSync(folder, { recursive: true });
    const path = resolve(folder, name);
    writeFileSync(path, pem, { mode: 0o600 });
    return path;
  };
  return {
    CONSUL_HTTP_TOKEN: MANAGEMENT,
    CONSUL_CACERT: file("by-hand-ca.pem", certificates["consul-agent-ca.pem"]),
    CONSUL_CLIENT_CERT: file("by-hand.pem", certificates["dc1-client-consul-3.pem"]),
    CONSUL_CLIENT_KEY: file("by-hand-key.pem", certificates["dc1-client-consul-3-key.pem"]),
  };
}

/** The program that the services of this mesh run. */
async function copyProgram(node: string): Promise<void> {
  const to = "base64 -d >/usr/local/bin/fortio-by-hand && chmod 755 /usr/local/bin/fortio-by-hand";
  const { exitCode, stderr } = await ssh(node, to, readFileSync("lab/bin/fortio").toString("base64"));
  if (exitCode !== 0) throw new Error(`fortio cannot be copied to ${node}: ${stderr}`);
}

/** Waits until a command on a node goes well. */
async function untilWell(node: string, command: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const { exitCode, stdout, stderr } = await ssh(node, command);
    if (exitCode === 0) return;
    if (Date.now() > end) throw new Error(`on ${node}: ${command}: exit ${exitCode}\n${stdout}\n${stderr}`);
    await new Promise((done) => setTimeout(done, 300));
  }
}
