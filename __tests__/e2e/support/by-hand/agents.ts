/** Consul's agents of a mesh made by hand: open, or locked with certificates of each agent's own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { on, untilWell } from "../on-node";

export const NODES = { server1: "10.77.0.10", gateway1: "10.77.0.11", worker1: "10.77.0.12", worker2: "10.77.0.13" };
export type NodeName = keyof typeof NODES;
/** A token that may do everything. */
export const MANAGEMENT = "11111111-2222-4333-8444-555555555555";

/** PEM files by name, as `consul tls` makes them. */
export type Certificates = Record<string, string>;

/** An authority, and a certificate for each agent and for the person who runs Terraform, made on the server. */
export async function makeCertificates(): Promise<Certificates> {
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
export async function startAgent(node: NodeName, certificates: Certificates | undefined): Promise<void> {
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

/** The variables with which Terraform reaches this Consul; the certificates are in files of the test's folder. */
export function environment(certificates: Certificates | undefined): Record<string, string> {
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
