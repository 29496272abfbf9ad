/** The Consul agent of one machine, for the `cluster` stack. */
import { isIP } from "node:net";
import type { Mesh, MeshNode } from "../model";
import { readTemplate, render } from "./engine";
import type { MachineFile } from "./machine-file";
import { library } from "./node";
import { contentHash, once, program, shellConf } from "./program";

export interface AgentRelease {
  files: MachineFile[];
  hash: string;
  /** Sets the agent up. */
  program: string;
  /** Takes it away again. */
  removal: string;
}

/** Renders the agent's configuration and unit. */
export function agentRelease(mesh: Mesh, node: MeshNode): AgentRelease {
  const { datacenter, acl, tls, gossipEncryption } = mesh.consul;
  const servers = mesh.nodes.filter((one) => one.role === "server" && !one.retired);
  const configuration = render("consul/agent.hcl", {
    datacenter,
    node: node.name,
    // A host name cannot be bound; Consul then takes the machine's private address.
    bind: isIP(node.address) ? node.address : null,
    join: servers.map((server) => server.address),
    server: node.role === "server",
    serverCount: servers.length,
    clientAddress: isIP(node.address) ? `127.0.0.1 ${node.address}` : "0.0.0.0",
    acl,
    tls,
  });
  const unit = render("systemd/consul.service", { mesh: mesh.name });
  return {
    files: [
      { path: "/etc/consul.d/consul.hcl", mode: "0644", content: configuration },
      { path: "/etc/systemd/system/consul.service", mode: "0644", content: unit },
    ],
    hash: contentHash(configuration, unit, gossipEncryption ? "encrypted" : "plain"),
    program: program({
      "main.sh": readTemplate("shell/agent.sh"),
      "consul.hcl": configuration,
      "consul.service": unit,
      "agent.conf": shellConf({
        MESH: mesh.name,
        ROLE: node.role,
        LAST: yesNo(servers.at(-1) === node),
        ACL: yesNo(acl),
        TLS: yesNo(tls),
        SECRETS_COME: yesNo(acl || tls || gossipEncryption),
      }),
      ...library("lib.sh", "secrets.sh"),
    }),
    removal: removalProgram(mesh.name),
  };
}

function removalProgram(mesh: string): string {
  const main = readTemplate("shell/remove-agent.sh");
  return program({ "main.sh": main, "wipe.conf": shellConf({ MESH: mesh }), ...library("lib.sh") });
}

/** What a machine has beside its agent's configuration when it is part of a locked mesh: for the doctor. */
export function agentSecretFiles({ consul }: Mesh, { role }: MeshNode): Omit<MachineFile, "content">[] {
  const { acl, tls, gossipEncryption } = consul;
  const own = role === "server" ? "server" : "xds";
  return [
    ...(acl || gossipEncryption ? [{ path: "/etc/consul.d/gatehouse-secrets.json", mode: "0640" }] : []),
    ...(acl ? [{ path: "/opt/gatehouse/secrets/_agent.token", mode: "0600" }] : []),
    ...(tls
      ? [
          { path: "/etc/consul.d/tls/ca.pem", mode: "0644" },
          { path: `/etc/consul.d/tls/${own}.pem`, mode: "0644" },
          { path: `/etc/consul.d/tls/${own}-key.pem`, mode: "0640" },
          ...(role === "server" ? [] : [{ path: "/etc/consul.d/tls/xds-ca.pem", mode: "0644" }]),
        ]
      : []),
  ];
}

/** Gives an agent that already runs its own token: a server's can only be made when the server runs. */
export const agentTokenProgram = once(() =>
  program({ "main.sh": readTemplate("shell/agent-token.sh"), ...library("lib.sh", "secrets.sh") }),
);

const yesNo = (value: boolean): string => (value ? "yes" : "no");
