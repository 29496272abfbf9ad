/** The Consul agent of one node, for the `cluster` stack. */
import { isIP } from "node:net";
import { type AgentDeclaration, type AgentSetting, layout, type Mesh, type MeshNode } from "../model";
import { render } from "./engine";
import { hclValue } from "./escape";
import { type NodeFile, nodeFile } from "./node-file";
import { contentHash, nodeProgram } from "./program";

/** An agent's files, and the programs that set the agent up and remove it. */
export interface AgentRelease {
  files: NodeFile[];
  hash: string;
  /** Sets the agent up. */
  program: string;
  /** Removes it. */
  removal: string;
}

/** Renders the agent's configuration and unit. */
export function agentRelease(mesh: Mesh, node: MeshNode): AgentRelease {
  const { datacenter, acl, tls, gossipEncryption, openDns, wanGossip, agent = {} } = mesh.consul;
  const servers = mesh.nodes.filter((one) => one.role === "server" && !one.retired);
  const configuration = render("consul/agent.hcl", {
    datacenter,
    node: node.name,
    // A host name cannot be bound; Consul then takes the node's private address.
    bind: isIP(node.address) ? node.address : null,
    join: [...servers.map((server) => server.address), ...(agent.retryJoin ?? [])],
    server: node.role === "server",
    serverCount: servers.length,
    clientAddress: isIP(node.address) ? `127.0.0.1 ${node.address}` : "0.0.0.0",
    acl,
    tls,
    openDns,
    wanGossip,
    local: node.role === "server" && (tls || !openDns),
    logLevel: (agent.logLevel ?? "info").toUpperCase(),
    settings: moreSettings(agent),
  });
  const unit = render("systemd/consul.service", { mesh: mesh.name });
  const files = {
    configuration: nodeFile(layout.files.agentConfiguration, configuration),
    unit: nodeFile(layout.files.agentUnit, unit),
  };
  return {
    files: Object.values(files),
    // An agent with a record of an earlier version is set up again, which does not restart it.
    hash: contentHash(configuration, unit, gossipEncryption ? "encrypted" : "plain", layout.files.agentRecord),
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

/** Settings that the mesh itself does not need, by Consul's names, as HCL. */
function moreSettings({ telemetry, limits, settings }: AgentDeclaration): [string, string][] {
  const all = {
    ...(telemetry && { telemetry: inSnakeCase(telemetry) }),
    ...(limits && { limits: inSnakeCase(limits) }),
    ...settings,
  };
  return Object.entries(all).map(([name, value]) => [name, hclValue(value)]);
}

const inSnakeCase = (fields: object): Record<string, AgentSetting> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );

/** Files of a locked mesh's agent in addition to its configuration, for the doctor. */
export function agentSecretFiles({ consul }: Mesh, { role }: MeshNode): ({ path: string } & layout.Access)[] {
  const { acl, tls, gossipEncryption } = consul;
  const { files, access } = layout;
  const { cert, key } = layout.agentCertificate(role);
  return [
    ...(acl || gossipEncryption ? [{ path: files.agentSecrets, ...access.consulOnly }] : []),
    ...(acl ? [{ path: layout.tokenFile(layout.AGENT_TOKEN), ...access.rootOnly }] : []),
    ...(tls
      ? [
          { path: files.agentCa, ...access.anyone },
          { path: cert, ...access.anyone },
          { path: key, ...access.consulOnly },
          ...(role === "server" ? [] : [{ path: files.agentXdsCa, ...access.anyone }]),
        ]
      : []),
  ];
}

/** Gives an agent that already runs its own token: a server's can only be made when the server runs. */
export const agentTokenProgram = (mesh: Mesh, node: MeshNode): string =>
  nodeProgram("agent token", { mesh: mesh.name, node: node.name });
