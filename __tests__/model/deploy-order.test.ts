import fc from "fast-check";
import { deployOrder } from "../../model/deploy-order";
import { components } from "../../model/graph";

const service = (name: string, ...upstreams: string[]) => ({
  name,
  upstreams: upstreams.map((upstream) => ({ name: upstream })),
});

describe("deployOrder", () => {
  it("puts upstreams before their callers", () => {
    expect(deployOrder([service("a", "b", "c"), service("b", "c"), service("c")])).toEqual([
      { name: "c", deployAfter: [] },
      { name: "b", deployAfter: ["c"] },
      { name: "a", deployAfter: ["b", "c"] },
    ]);
  });

  it("takes the order away within a circle only", () => {
    expect(deployOrder([service("a", "b"), service("b", "c"), service("c", "b", "d"), service("d")])).toEqual([
      { name: "d", deployAfter: [] },
      { name: "b", deployAfter: [] },
      { name: "c", deployAfter: ["d"] },
      { name: "a", deployAfter: ["b"] },
    ]);
  });

  it("puts a process before its other ports, also within a circle", () => {
    const admin = { ...service("admin"), sameProcessAs: "web" };
    expect(deployOrder([admin, service("web")])).toEqual([
      { name: "web", deployAfter: [] },
      { name: "admin", deployAfter: ["web"] },
    ]);
    expect(deployOrder([admin, service("web", "admin", "other"), service("other")])).toEqual([
      { name: "other", deployAfter: [] },
      { name: "web", deployAfter: ["other"] },
      { name: "admin", deployAfter: ["web"] },
    ]);
  });

  it("keeps the order of the declaration where nothing demands another", () => {
    expect(deployOrder([service("b"), service("a"), service("c")]).map(({ name }) => name)).toEqual(["b", "a", "c"]);
  });

  it("copes with a chain of thousands", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) =>
      i === 0 ? service("s0") : service(`s${i}`, `s${i - 1}`),
    ).reverse();
    expect(deployOrder(chain).at(-1)).toEqual({ name: "s19999", deployAfter: ["s19998"] });
  });

  it("waits only for services that came before, whatever the graph", () => {
    const graph = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }),
      );
    fc.assert(
      fc.property(graph, (edges) => {
        const steps = deployOrder(
          edges.map((targets, i) => service(`s${i}`, ...targets.map((target) => `s${target}`))),
        );
        expect(steps).toHaveLength(edges.length);
        const before = new Set<string>();
        for (const { name, deployAfter } of steps) {
          for (const earlier of deployAfter) expect(before).toContain(earlier);
          before.add(name);
        }
      }),
    );
  });
});

describe("components", () => {
  it("groups nodes exactly when each reaches the other, and points backwards only", () => {
    const graph = fc
      .integer({ min: 1, max: 9 })
      .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));
    fc.assert(
      fc.property(graph, (edges) => {
        const reach = edges.map((_, from) => reachable(edges, from));
        const groups = components(edges);
        const groupOf = (node: number) => groups.findIndex((group) => group.includes(node));
        expect(groups.flat().sort((a, b) => a - b)).toEqual(edges.map((_, i) => i));
        for (const [from, targets] of reach.entries()) {
          for (const to of targets) {
            expect(groupOf(to) === groupOf(from)).toBe(from === to || (reach[to]?.has(from) ?? false));
            expect(groupOf(to)).toBeLessThanOrEqual(groupOf(from));
          }
        }
      }),
    );
  });

  function reachable(edges: number[][], from: number): Set<number> {
    const reached = new Set(edges[from]);
    for (const node of reached) for (const next of edges[node] ?? []) reached.add(next);
    return reached;
  }
});
