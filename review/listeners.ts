/** The ports that are open on the nodes of a mesh. */
import { hasEnvoy, hasOwnUnit, type Instance, layout, type Mesh, type MeshNode, processUnitOf } from "../model";

/** A port that is open on a node. */
export interface Listener {
  node: string;
  /** `127.0.0.1`, or `every address` of the node. */
  address: string;
  port: number;
  /** In words: `http`, `RPC over TLS`. */
  protocol: string;
  /** Whose port it is. */
  owner: string;
}

type OnNode = Omit<Listener, "node">;

const LOOPBACK = "127.0.0.1";
const EVERYWHERE = "every address";
const AGENT = "Consul's agent";

/** By node in the order of the declaration; there Consul's agent, then the instances in the order of a deploy. */
export function listenersOf(mesh: Mesh): Listener[] {
  const byNode = new Map<MeshNode, OnNode[]>(mesh.nodes.map((node) => [node, agentPorts(mesh, node)]));
  for (const instance of mesh.instances) byNode.get(instance.node)?.push(...instancePorts(instance));
  return [...byNode].flatMap(([{ name }, ports]) => ports.map((port) => ({ node: name, ...port })));
}

/** As `templates/consul/agent.hcl` has them. None where the agent is not the mesh's. */
function agentPorts({ consul }: Mesh, { role, retired }: MeshNode): OnNode[] {
  if (consul.existing || retired) return [];
  const { serverRpc, lanGossip, wanGossip, http, https, grpc, grpcTls, dns } = layout.consulPorts;
  const server = role === "server";
  const { tls } = consul;
  const gossip = consul.gossipEncryption ? "encrypted gossip" : "gossip";
  const over = (protocol: string) => (tls ? `${protocol} over TLS` : protocol);
  const toClients = server ? EVERYWHERE : LOOPBACK;
  const port = (address: string, number: number, protocol: string) => ({
    address,
    port: number,
    protocol,
    owner: AGENT,
  });
  return [
    ...(server ? [port(EVERYWHERE, serverRpc, over("RPC"))] : []),
    port(EVERYWHERE, lanGossip, gossip),
    ...(server && consul.wanGossip ? [port(EVERYWHERE, wanGossip, `${gossip} between datacenters`)] : []),
    port(tls ? LOOPBACK : toClients, http, "HTTP API"),
    ...(server && tls ? [port(EVERYWHERE, https, over("HTTP API"))] : []),
    port(toClients, tls ? grpcTls : grpc, over("gRPC")),
    port(consul.openDns ? toClients : LOOPBACK, dns, "DNS"),
  ];
}

function instancePorts({ name, workload, adminPort, sidecarPort }: Instance): OnNode[] {
  const admin = {
    address: LOOPBACK,
    port: adminPort,
    protocol: "http",
    owner: `admin page of \`${name}\`'s Envoy`,
  };
  if (workload.kind === "ingress-gateway") {
    const opened = workload.listeners.map(({ port, protocol, tls }) => ({
      address: EVERYWHERE,
      port,
      protocol: tls ? `${protocol} over TLS` : protocol,
      owner: `\`${name}\`, for clients`,
    }));
    return [...opened, admin];
  }
  if (!hasEnvoy(workload)) return [];
  const { port, protocol, upstreams } = workload;
  const whose = hasOwnUnit(workload) ? "" : `, by \`${processUnitOf(name, workload)}\``;
  const sidecar = { protocol: "mutual TLS", port: sidecarPort ?? 0 };
  return [
    ...(port === undefined
      ? [{ ...sidecar, address: LOOPBACK, owner: `sidecar of \`${name}\`, which nothing calls` }]
      : [
          { address: LOOPBACK, port, protocol, owner: `\`${name}\`${whose}` },
          { ...sidecar, address: EVERYWHERE, owner: `sidecar of \`${name}\`, for callers` },
        ]),
    ...upstreams.map((upstream) => ({
      address: LOOPBACK,
      port: upstream.localPort,
      protocol: "as the upstream",
      owner: `sidecar of \`${name}\`, towards \`${upstream.name}\``,
    })),
    admin,
  ];
}
