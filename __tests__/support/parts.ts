import { type Gateway, type Instance, type Mesh, type MeshNode, portRanges, type Service } from "../../model";

export const worker: MeshNode = {
  name: "worker1",
  role: "worker",
  address: "10.77.0.12",
  hostKey: "ssh-ed25519 AAAA",
  arch: "amd64",
  retired: false,
  ssh: { user: "root", port: 22, agent: false, privateKeyFile: "/key" },
};

export const server: MeshNode = { ...worker, name: "server1", role: "server", address: "10.77.0.10" };

export function service(changes: Partial<Service> = {}): Service {
  return {
    kind: "service",
    name: "frontend",
    runsOn: ["worker1"],
    port: 9001,
    protocol: "http",
    binary: { path: "/build/web", sha256: "ab".repeat(32) },
    args: [],
    secrets: [],
    env: {},
    health: { tcp: true, interval: "2s", timeout: "1s" },
    upstreams: [],
    deployAfter: [],
    ...changes,
  };
}

export function gateway(changes: Partial<Gateway> = {}): Gateway {
  return { kind: "ingress-gateway", name: "ingress-gateway", runsOn: ["worker1"], listeners: [], ...changes };
}

export function mesh(changes: Partial<Mesh> = {}): Mesh {
  return {
    name: "lab",
    ports: portRanges(),
    takeOver: { services: [], gateways: [], letGo: [], configEntries: [] },
    consul: {
      datacenter: "dc1",
      address: "10.77.0.10:8501",
      addresses: ["10.77.0.10:8501"],
      existing: false,
      owns: ["proxy-defaults", "default-deny"],
      acl: true,
      tls: true,
      gossipEncryption: true,
      openDns: false,
      wanGossip: false,
    },
    nodes: [server, worker],
    services: [],
    gateways: [],
    instances: [],
    configEntries: [],
    others: [],
    callsToOthers: [],
    ...changes,
  };
}

export function instanceOf(workload: Service | Gateway): Instance {
  return {
    name: workload.name,
    workload,
    node: worker,
    adminPort: 19001,
    sidecarPort: workload.kind === "service" ? 21001 : undefined,
  };
}

/** The content of the one file with this path. */
export function content(files: { path: string; content: string }[], path: string): string {
  const found = files.filter((file) => file.path === path);
  expect(found).toHaveLength(1);
  return found[0]?.content ?? "";
}
