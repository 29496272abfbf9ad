/**
 * The example mesh: a Consul server, two workers, an ingress gateway on port 8080 in front of a frontend, and its backend.
 * There are no such nodes: `npx gatehouse synth` shows what a deploy would bring to them. Copy this file to begin your own.
 */
import { defineMesh, hostKeyFrom } from "../model";

// The output of `cat /etc/ssh/ssh_host_ed25519_key.pub` on the node. `npx gatehouse trust` writes these files.
const hostKey = (node: string) => hostKeyFrom(`known-hosts/shop/${node}.pub`);

export default defineMesh({
  name: "shop",
  consul: { datacenter: "dc1", address: "192.0.2.10:8501" },
  ssh: { user: "deploy", agent: true },

  nodes: {
    server1: { role: "server", address: "192.0.2.10", hostKey: hostKey("server1") },
    worker1: { role: "worker", address: "192.0.2.11", hostKey: hostKey("worker1") },
    worker2: { role: "worker", address: "192.0.2.12", hostKey: hostKey("worker2") },
  },

  services: {
    // Finds the backend at its own 127.0.0.1:5000.
    frontend: {
      runsOn: ["worker1"],
      port: 9001,
      protocol: "http",
      run: { binary: "build/frontend", args: ["-listen", "127.0.0.1:9001"], env: { BACKEND: "http://127.0.0.1:5000" } },
      health: { http: "/ready" },
      upstreams: { backend: { localPort: 5000 } },
    },
    backend: {
      runsOn: ["worker2"],
      port: 9002,
      protocol: "http",
      run: { binary: "build/backend", args: ["-listen", "127.0.0.1:9002"] },
      health: { http: "/ready" },
    },
  },

  gateways: {
    "ingress-gateway": {
      runsOn: ["worker1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["*"] }] }],
    },
  },

  // The gateway may call the frontend and the frontend the backend, since they are declared to. This narrows the second one.
  intentions: [
    {
      source: "frontend",
      destination: "backend",
      permissions: [{ action: "allow", http: { methods: ["GET"], pathPrefix: "/" } }],
    },
  ],
});
