import { frontend, listener, type Row, refuses } from "../../support/refusals";

describe("ports", () => {
  const range = (value: number): Row => [
    `port ${value}`,
    (d) => (frontend(d).port = value),
    "services.frontend.port",
    String(value),
    /whole number from 1 to 65535/,
    /in that range/,
  ];
  const reserved = (value: number, owner: RegExp): Row => [
    `port ${value}`,
    (d) => (frontend(d).port = value),
    "services.frontend.port",
    String(value),
    owner,
    /another port/,
  ];
  const upstream = "services.frontend.upstreams.backend.localPort";
  // biome-ignore format: a table reads by rows
  refuses([
    ...[0, -1, 65536, 80.5].map(range),
    ["an upstream's port", (d) => (frontend(d).upstreams.backend.localPort = 70000), upstream, "70000", /1 to 65535/, /in that range/],
    ["a listener's port", (d) => (listener(d).port = 0), "gateways.edge.listeners[0].port", "0", /1 to 65535/, /in that range/],
    reserved(8300, /Consul's server RPC/),
    reserved(8301, /gossip/),
    reserved(8500, /Consul's HTTP API/),
    reserved(8501, /HTTPS/),
    reserved(8502, /gRPC/),
    reserved(8600, /DNS/),
    reserved(19000, /Envoy admin ports \(19000 to 19999\)/),
    reserved(19999, /Envoy admin ports/),
    reserved(21000, /sidecars \(21000 to 21999\)/),
    reserved(21999, /sidecars/),
    ["an upstream on Consul's", (d) => (frontend(d).upstreams.backend.localPort = 8502), upstream, "8502", /Consul's gRPC/, /another port/],
    ["a listener on a sidecar's", (d) => (listener(d).port = 21500), "gateways.edge.listeners[0].port", "21500", /sidecars/, /another port/],
    ["two services", (d) => (d.services.store.port = 9002), "services.store.port", "9002", /on node `worker2` by services.backend.port, and services.store.port wants it too/, /another port/],
    ["a service and an own upstream", (d) => (frontend(d).upstreams.backend.localPort = 9001), upstream, "9001", /by services.frontend.port/, /another port/],
    ["upstreams of two services", (d) => (d.services.store = { ...d.services.store, runsOn: ["worker1"], upstreams: { backend: { localPort: 5000 } } }), "services.store.upstreams.backend.localPort", "5000", /on node `worker1` by services.frontend.upstreams.backend.localPort/, /another port/],
    ["a listener and a service", (d) => { d.gateways.edge.runsOn = ["worker1"]; listener(d).port = 9001; }, "gateways.edge.listeners[0].port", "9001", /on node `worker1` by services.frontend.port/, /another/],
    ["a listener and an upstream", (d) => { d.gateways.edge.runsOn = ["worker1"]; listener(d).port = 5000; }, "gateways.edge.listeners[0].port", "5000", /by services.frontend.upstreams.backend.localPort/, /another/],
    ["two gateways", (d) => (d.gateways.edge2 = { runsOn: ["gateway1"], listeners: [{ port: 8080, protocol: "http", services: [{ name: "backend" }] }] }), "gateways.edge2.listeners[0].port", "8080", /by gateways.edge.listeners\[0\].port/, /another/],
    ["one port twice in a gateway", (d) => d.gateways.edge.listeners.push({ port: 8080, protocol: "http", services: [{ name: "backend" }] }), "gateways.edge.listeners[1].port", "8080", /by gateways.edge.listeners\[0\].port/, /another/],
    ["a clash on two nodes, once", (d) => { d.services.backend.runsOn = ["worker1", "worker2"]; d.services.store = { ...d.services.store, runsOn: ["worker1", "worker2"], port: 9002 }; }, "services.store.port", "9002", /on node `worker1`/, /another/],
    ["a range below 1024", (d) => (d.ports = { admin: 1000 }), "ports.admin", "1000", /out of range/, /1024 to 64536/],
    ["a range that ends too late", (d) => (d.ports = { sidecars: 65000 }), "ports.sidecars", "65000", /out of range/, /1024 to 64536/],
    ["a range with Consul's ports", (d) => { d.ports = { admin: 7500 }; listener(d).port = 9000; }, "ports.admin", "7500", /port 8300 of that range belongs to Consul's server RPC/, /from 20000/],
    ["ranges that overlap", (d) => (d.ports = { sidecars: 18500 }), "ports.sidecars", "18500", /19000 to 19999 and 18500 to 19499 overlap/, /1000 ports apart/],
    ["a port in a declared range", (d) => { d.ports = { sidecars: 22000 }; frontend(d).port = 22100; }, "services.frontend.port", "22100", /sidecars \(22000 to 22999\)/, /another port/],
    ["the node's ssh", (d) => (frontend(d).port = 22), "services.frontend.port", "22", /on node `worker1` by the node's ssh/, /another/],
    ["a listener on another ssh port", (d) => { d.ssh.port = 2222; listener(d).port = 2222; }, "gateways.edge.listeners[0].port", "2222", /the node's ssh/, /another/],
    ["an upstream on one node's ssh port", (d) => { d.nodes.worker1.ssh = { port: 5000 }; }, upstream, "5000", /on node `worker1` by the node's ssh/, /another/],
  ]);
});
