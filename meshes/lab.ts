/**
 * The mesh of the local lab: one Consul server, an ingress gateway on a worker, a frontend and its backend.
 * `npm run lab` makes the machines and deploys this. Copy it to begin your own.
 */
import { defineMesh, hostKeyFrom } from "../model";

// Both services are fortio, a small HTTP server; it shows every header that reaches it at /debug.
const fortio = "lab/bin/fortio";
const otherPortsOff = [
  "-redirect-port",
  "disabled",
  "-grpc-port",
  "disabled",
  "-tcp-port",
  "disabled",
  "-udp-port",
  "disabled",
];

// Made by `npm run lab`. On your own machines: what `cat /etc/ssh/ssh_host_ed25519_key.pub` prints there.
const hostKey = (machine: string) => hostKeyFrom(`lab/.state/${machine}/ssh_host_ed25519_key.pub`);

export default defineMesh({
  name: "lab",
  consul: { datacenter: "dc1", address: "10.77.0.10:8501" },
  ssh: { user: "root", privateKeyFile: "lab/.state/id_ed25519" },

  nodes: {
    server1: { role: "server", address: "10.77.0.10", hostKey: hostKey("server1") },
    gateway1: { role: "worker", address: "10.77.0.11", hostKey: hostKey("gateway1") },
    worker1: { role: "worker", address: "10.77.0.12", hostKey: hostKey("worker1") },
    worker2: { role: "worker", address: "10.77.0.13", hostKey: hostKey("worker2") },
  },

  services: {
    // Hands every request on to the backend, which it finds at its own 127.0.0.1:5000.
    frontend: {
      runsOn: ["worker1"],
      port: 9001,
      protocol: "http",
      run: {
        binary: fortio,
        args: ["server", "-http-port", "disabled", ...otherPortsOff, "-M", "127.0.0.1:9001 http://127.0.0.1:5000"],
      },
      health: { tcp: true, interval: "2s", timeout: "1s" },
      upstreams: { backend: { localPort: 5000 } },
    },
    backend: {
      runsOn: ["worker2"],
      port: 9002,
      protocol: "http",
      run: { binary: fortio, args: ["server", "-http-port", "127.0.0.1:9002", ...otherPortsOff] },
      health: { http: "/", interval: "2s", timeout: "1s" },
    },
  },

  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["*"] }] }],
    },
  },
});
