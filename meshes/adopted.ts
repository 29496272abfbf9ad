/**
 * What people made, as the mesh adopted: written by `npx gatehouse adopt`. Read it, then: npx gatehouse synth
 */
import { defineMesh, hostKeyFrom } from "../model";

export default defineMesh({
  name: "adopted",
  consul: {
    datacenter: "dc1",
    address: "10.77.0.10:8500",
    existing: true,
    acl: false,
    tls: false,
    gossipEncryption: false,
  },
  ssh: { user: "root", privateKeyFile: "lab/.state/id_ed25519" },

  nodes: {
    server1: { role: "server", address: "10.77.0.10", hostKey: hostKeyFrom("known-hosts/adopted/server1.pub") },
    gateway1: { role: "worker", address: "10.77.0.11", hostKey: hostKeyFrom("known-hosts/adopted/gateway1.pub") },
    worker1: { role: "worker", address: "10.77.0.12", hostKey: hostKeyFrom("known-hosts/adopted/worker1.pub") },
    worker2: { role: "worker", address: "10.77.0.13", hostKey: hostKeyFrom("known-hosts/adopted/worker2.pub") },
  },

  services: {
    backend: {
      runsOn: ["worker1", "worker2"],
      port: 9002,
      protocol: "http",
      run: {
        command: [
          "/usr/local/bin/fortio-by-hand",
          "server",
          "-http-port",
          "127.0.0.1:9002",
          "-redirect-port",
          "disabled",
          "-grpc-port",
          "disabled",
          "-tcp-port",
          "disabled",
          "-udp-port",
          "disabled",
        ],
      },
      health: { tcp: true, interval: "2s", timeout: "1s" },
    },
    frontend: {
      runsOn: ["worker1"],
      port: 9001,
      protocol: "http",
      run: {
        command: [
          "/usr/local/bin/fortio-by-hand",
          "server",
          "-http-port",
          "disabled",
          "-M",
          "127.0.0.1:9001 http://127.0.0.1:5000",
          "-redirect-port",
          "disabled",
          "-grpc-port",
          "disabled",
          "-tcp-port",
          "disabled",
          "-udp-port",
          "disabled",
        ],
      },
      health: { tcp: true, interval: "2s", timeout: "1s" },
      upstreams: { backend: { localPort: 5000 } },
    },
  },

  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["*"] }] }],
    },
  },

  takeOver: {
    services: ["backend", "frontend"],
    gateways: ["ingress-gateway"],
    configEntries: ["service-intentions/backend", "service-intentions/frontend", "ingress-gateway/ingress-gateway"],
  },
});
