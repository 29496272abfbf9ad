import { checkMesh, type Mesh, type MeshDeclaration } from "../../model";
import type { NodePrograms } from "../../stacks";

/** Some file in the place of gatehouse-node. */
export const programs: NodePrograms = {
  amd64: { path: __filename, sha256: "a".repeat(64), version: "0123456789ab" },
  arm64: { path: __filename, sha256: "b".repeat(64), version: "0123456789ab" },
};

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/** A frontend on two workers, its backend, and a gateway: one of everything that the graph orders. */
export function declaration(changes: Partial<MeshDeclaration> = {}): MeshDeclaration {
  const worker = (address: string) => ({ role: "worker" as const, address, hostKey });
  return {
    name: "shop",
    consul: { datacenter: "dc1", address: "10.77.0.10:8501" },
    ssh: { privateKeyFile: "keys/deploy" },
    nodes: {
      server1: { role: "server", address: "10.77.0.10", hostKey },
      gateway1: worker("10.77.0.11"),
      worker1: worker("10.77.0.12"),
      worker2: worker("10.77.0.13"),
    },
    services: {
      frontend: {
        runsOn: ["worker1", "worker2"],
        port: 9001,
        protocol: "http",
        run: { binary: "build/web", env: { GREETING: "marked ${path.module} %{ if true }" } },
        upstreams: { backend: { localPort: 5000 } },
      },
      backend: { runsOn: ["worker2"], port: 9002, protocol: "http", run: { binary: "build/web" } },
    },
    gateways: {
      edge: {
        runsOn: ["gateway1"],
        listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["*"] }] }],
      },
    },
    ...changes,
  };
}

/** The checked mesh; files are whatever the declaration says they are. */
export function meshOf(changed: MeshDeclaration): Mesh {
  const result = checkMesh(changed, {
    look: (path) => (path.startsWith("keys/") ? "file" : "executable"),
    absolute: (path) => `/project/${path}`,
    sha256: (path) => Buffer.from(path).toString("hex").padEnd(64, "0"),
  });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.mesh;
}
