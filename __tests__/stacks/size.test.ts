/** How the graph grows: Terraform's time for a plan grows faster than the number of resources and edges. */
import type { MeshDeclaration } from "../../model";
import { type Graph, meshGraph } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

const NODE = 5;

/** Pairs of a caller and its upstream, so many of them on a node, all callers behind the gateway. */
function meshOfSize(services: number, consul: Partial<MeshDeclaration["consul"]>): Graph {
  const { nodes, consul: shop } = declaration();
  const names = Array.from({ length: services }, (_, index) => `svc${index}`);
  const workerOf = (index: number) => `worker${Math.floor(index / NODE) + 1}`;
  const workers = names.map((_, index) => [
    workerOf(index),
    { ...nodes.worker1!, address: `10.78.0.${Math.floor(index / NODE) + 1}` },
  ]);
  const service = (index: number): NonNullable<MeshDeclaration["services"]>[string] => ({
    runsOn: [workerOf(index)],
    port: 9000 + index,
    protocol: "http",
    run: { binary: "build/web" },
    ...(index % 2 === 0 && { upstreams: { [`svc${index + 1}`]: { localPort: 20000 + index } } }),
  });
  const routed = names.filter((_, index) => index % 2 === 0).map((name) => ({ name, hosts: [`${name}.test`] }));
  const changed = declaration({
    consul: { ...shop, ...consul },
    nodes: { server1: nodes.server1!, gateway1: nodes.gateway1!, ...Object.fromEntries(workers) },
    services: Object.fromEntries(names.map((name, index) => [name, service(index)])),
    gateways: { edge: { runsOn: ["gateway1"], listeners: [{ port: 8080, protocol: "http", services: routed }] } },
  });
  return meshGraph(meshOf(changed));
}

function sizeOf(graph: Graph): { resources: number; edges: number } {
  const edges = graph.addresses.flatMap((address) => (graph.resource(address).depends_on ?? []) as string[]);
  return { resources: graph.addresses.length, edges: edges.length };
}

const existing = { existing: true } as const;
const open = { acl: false, tls: false, gossipEncryption: false } as const;

test.each<[string, Partial<MeshDeclaration["consul"]>, { resources: number; edges: number }]>([
  ["of its own Consul", {}, { resources: 8, edges: 16 }],
  ["in an existing Consul", existing, { resources: 8, edges: 16 }],
  [
    "in an existing Consul where it owns what is for everyone",
    { ...existing, owns: ["proxy-defaults", "default-deny"] },
    { resources: 8, edges: 16 },
  ],
  ["without tokens", open, { resources: 6, edges: 14 }],
])("resources and edges of a mesh %s grow with its services, and not faster", (_, consul, most) => {
  const [small, middle, large] = [10, 20, 40].map((services) => sizeOf(meshOfSize(services, consul)));
  for (const part of ["resources", "edges"] as const) {
    const grown = middle![part] - small![part];
    expect(large![part] - middle![part]).toBe(2 * grown);
    expect(grown / 10).toBeLessThanOrEqual(most[part]);
  }
});
