/** The Consul agent of one node, for the `cluster` stack. */
import { isIP } from "node:net";
import type { Mesh, MeshNode } from "../model";
import { render } from "./engine";
import type { MachineFile } from "./machine-file";
import { contentHash, nodeProgram } from "./program";

/** The node program's record of an agent that it set up: without it the agent is another person's. */
export const AGENT_RECORD = "/opt/gatehouse/agent.json";

/** The same of an earlier version. */
export const EARLIER_AGENT_RECORD = "/opt/gatehouse/agent.conf";

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
  const files = {
    configuration: { path: "/etc/consul.d/consul.hcl", mode: "0644", content: configuration },
    unit: { path: "/etc/systemd/system/consul.service", mode: "0644", content: unit },
  };
  return {
    files: Object.values(files),
    // An agent with a record of an earlier version is set up again, which does not restart it.
    hash: contentHash(configuration, unit, gossipEncryption ? "encrypted" : "plain", AGENT_RECORD),
    program: nodeProgram("agent setup", {
      mesh: mesh.name,
      node: node.name,
      role: node.role,
      last: servers.at(-1) === node,
      acl,
      tls,
      secrets: acl || tls || gossipEncryption,
      ...files,
    }),
    removal: nodeProgram("agent remove", { mesh: mesh.name, node: node.name }),
  };
}

/** The files that a node of a locked mesh has besides its agent's configuration: for the doctor. */
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
export const agentTokenProgram = (mesh: Mesh, node: MeshNode): string =>
  nodeProgram("agent token", { mesh: mesh.name, node: node.name });
