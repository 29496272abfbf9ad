/** The Consul agent of one machine, for the `cluster` stack. */
import { isIP } from "node:net";
import type { Mesh, MeshNode } from "../model";
import { readTemplate, render } from "./engine";
import type { MachineFile } from "./machine-file";
import { library } from "./node";
import { contentHash, program, shellConf } from "./program";

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
  const servers = mesh.nodes.filter((one) => one.role === "server" && !one.retired);
  const configuration = render("consul/agent.hcl", {
    datacenter: mesh.consul.datacenter,
    node: node.name,
    // A host name cannot be bound; Consul then takes the machine's private address.
    bind: isIP(node.address) ? node.address : null,
    join: servers.map((server) => server.address),
    server: node.role === "server",
    serverCount: servers.length,
    clientAddress: isIP(node.address) ? `127.0.0.1 ${node.address}` : "0.0.0.0",
  });
  const unit = render("systemd/consul.service", { mesh: mesh.name });
  return {
    files: [
      { path: "/etc/consul.d/consul.hcl", mode: "0644", content: configuration },
      { path: "/etc/systemd/system/consul.service", mode: "0644", content: unit },
    ],
    hash: contentHash(configuration, unit),
    program: program({
      "main.sh": readTemplate("shell/agent.sh"),
      "consul.hcl": configuration,
      "consul.service": unit,
      "agent.conf": shellConf({ ROLE: node.role, SERVERS: servers.length }),
      ...library("lib.sh"),
    }),
    removal: program({ "main.sh": readTemplate("shell/remove-agent.sh"), ...library("lib.sh") }),
  };
}
