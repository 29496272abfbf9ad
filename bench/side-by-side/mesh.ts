/**
 * The mesh that is measured, as the peers have it: pairs of a frontend and its backend over the workers, every
 * frontend behind the gateway. The environment says how large:
 *   GATEHOUSE_BENCH_SERVICES   how many services. @default 2
 *   GATEHOUSE_BENCH_REVISION   a setting of the first frontend; another value is another release. @default none
 *   GATEHOUSE_BENCH_ADDED      `yes` for one service more. @default none
 *   GATEHOUSE_BENCH_AGENTS     `yes` where Consul's agents are to be set up too. @default they run already
 *   GATEHOUSE_BENCH_FILES      a folder with `host_key.pub`, `id` and `svc`, for a mesh that is only planned. @default the lab's
 */
import { defineMesh, hostKeyFrom, type MeshDeclaration } from "../../model";

const pairs = Number(process.env.GATEHOUSE_BENCH_SERVICES ?? "2");
const services = process.env.GATEHOUSE_BENCH_ADDED === "yes" ? pairs + 1 : pairs;
const revision = process.env.GATEHOUSE_BENCH_REVISION;

/** Services that one worker carries in the large meshes, which are synthesized and planned only. */
const A_WORKER = 100;

const workers = Array.from({ length: Math.max(3, Math.ceil(services / A_WORKER)) }, (_, i) => `worker${i + 1}`);
const files = process.env.GATEHOUSE_BENCH_FILES;
const hostKey = (node: string) =>
  hostKeyFrom(files ? `${files}/host_key.pub` : `lab/.state/${node}/ssh_host_ed25519_key.pub`);
const nameOf = (i: number) => (pairs === 2 ? (["frontend", "backend"][i - 1] ?? `svc${i}`) : `svc${i}`);
const numbers = Array.from({ length: services }, (_, i) => i + 1);
const isFrontend = (i: number) => i % 2 === 1;

function service(i: number): NonNullable<MeshDeclaration["services"]>[string] {
  const calls = isFrontend(i) && i < services;
  const upstreamPort = 20000 + Math.floor(i / workers.length);
  return {
    runsOn: [workers[(i - 1) % workers.length] ?? ""],
    port: 9000 + i,
    protocol: "http",
    run: {
      binary: files ? `${files}/svc` : "lab/bin/svc",
      env: {
        LISTEN: `127.0.0.1:${9000 + i}`,
        ...(calls && { UP: `http://127.0.0.1:${upstreamPort}/` }),
        ...(i === 1 && revision && { REV: revision }),
      },
    },
    health: { tcp: true, interval: "2s", timeout: "1s" },
    ...(calls && { upstreams: { [nameOf(i + 1)]: { localPort: upstreamPort } } }),
  };
}

export default defineMesh({
  name: "bench",
  consul: {
    datacenter: "dc1",
    address: "10.77.0.10:8500",
    existing: process.env.GATEHOUSE_BENCH_AGENTS !== "yes",
    // The peers write both entries.
    ...(process.env.GATEHOUSE_BENCH_AGENTS !== "yes" && { owns: ["proxy-defaults", "default-deny"] }),
    // As the peers have it: they know nothing of tokens and certificates.
    acl: false,
    tls: false,
    gossipEncryption: false,
  },
  ssh: { user: "root", privateKeyFile: files ? `${files}/id` : "lab/.state/id_ed25519" },
  nodes: {
    server1: { role: "server", address: "10.77.0.10", hostKey: hostKey("server1") },
    gateway1: { role: "worker", address: "10.77.0.11", hostKey: hostKey("gateway1") },
    ...Object.fromEntries(
      // Machines beyond the third are only planned and need no key of their own.
      workers.map((name, i) => [
        name,
        { role: "worker", address: `10.77.0.${12 + i}`, hostKey: hostKey(i < 3 ? name : "worker1") },
      ]),
    ),
  },
  services: Object.fromEntries(numbers.map((i) => [nameOf(i), service(i)])),
  gateways: {
    "ingress-gateway": {
      runsOn: ["gateway1"],
      listeners: [
        {
          port: 8080,
          protocol: "http",
          services: numbers
            .filter(isFrontend)
            .map((i) => ({ name: nameOf(i), hosts: [i === 1 ? "*" : `${nameOf(i)}.mesh.test`] })),
        },
      ],
    },
  },
});
