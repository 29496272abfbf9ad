import { edgesOf, MOST_REFUSALS } from "../../doctor/edges";
import { needs, reachOf, verdict } from "../../doctor/reach";
import type { MeshDeclaration } from "../../model";
import { mesh } from "../support/doctor";
import { declaration, meshOf } from "../support/shop";

const withIntentions = (intentions: MeshDeclaration["intentions"]) => meshOf(declaration({ intentions }));
const permissions = (...list: NonNullable<NonNullable<MeshDeclaration["intentions"]>[number]["permissions"]>) =>
  withIntentions([{ source: "frontend", destination: "backend", permissions: list }]);

describe("the verdict on a bare GET /", () => {
  test.each([
    ["edge", "frontend", "allowed"],
    ["frontend", "backend", "allowed"],
    ["backend", "frontend", "refused"],
    ["edge", "backend", "refused"],
  ])("%s -> %s: %s", (source, destination, expected) => {
    expect(verdict(mesh, source, destination)).toBe(expected);
  });

  test("the most precise intention wins", () => {
    const some = withIntentions([
      { source: "*", destination: "frontend", action: "allow" },
      { source: "backend", destination: "frontend", action: "deny" },
    ]);
    expect(verdict(some, "backend", "frontend")).toBe("refused");
    expect(verdict(some, "anybody", "frontend")).toBe("allowed");
  });

  test("the first permission that matches decides", () => {
    const admin = { action: "deny" as const, http: { pathPrefix: "/admin" } };
    const get = { action: "allow" as const, http: { pathPrefix: "/", methods: ["GET"] } };
    const post = { action: "allow" as const, http: { pathPrefix: "/", methods: ["POST"] } };
    const header = { action: "allow" as const, http: { header: [{ name: "x", present: true as const }] } };
    expect(verdict(permissions(admin, get), "frontend", "backend")).toBe("allowed");
    expect(verdict(permissions(post), "frontend", "backend")).toBe("refused");
    expect(verdict(permissions(post, header), "frontend", "backend")).toBe("either");
  });
});

test("a call reaches what routers, splitters and resolvers lead to, and needs what those call", () => {
  const changed = declaration();
  changed.services!.store = { runsOn: ["worker1"], port: 9003, protocol: "http", run: { binary: "build/web" } };
  changed.services!.cart = {
    runsOn: ["worker1"],
    port: 9004,
    protocol: "http",
    run: { binary: "build/web" },
    upstreams: { store: { localPort: 5003 } },
  };
  changed.configEntries = [
    { kind: "service-splitter", name: "backend", splits: [{ weight: 50 }, { weight: 50, service: "cart" }] },
  ];
  const split = meshOf(changed);
  expect([...reachOf(split, "backend")]).toEqual(["backend", "cart"]);
  expect(needs(split, ["backend"])).toEqual(
    expect.arrayContaining(["backend@worker2", "cart@worker1", "store@worker1", "entry store", "entry *"]),
  );
  expect(needs(split, ["store"])).not.toContain("cart@worker1");
});

describe("edges", () => {
  test("each upstream through its port on each instance, each other pair with the caller's certificate", () => {
    const { edges, leftOut } = edgesOf(mesh);
    const lines = edges.map(({ from, trial: { id, expect: wanted, through, protocol, caller, host, port } }) =>
      [`${from.node.name}:`, id, wanted, through, protocol, caller, host, caller ? "SIDECAR" : port]
        .filter(Boolean)
        .join(" "),
    );
    expect(lines).toEqual([
      "worker1: frontend@worker1>backend allowed upstream http 5000",
      "worker2: frontend@worker2>backend allowed upstream http 5000",
      "worker2: backend@worker2>frontend@worker1 refused certificate http backend 10.77.0.12 SIDECAR",
      "worker2: backend@worker2>frontend@worker2 refused certificate http backend 10.77.0.13 SIDECAR",
      "gateway1: edge@gateway1>backend@worker2 refused certificate http edge 10.77.0.13 SIDECAR",
    ]);
    expect(leftOut).toBe(0);
  });

  test("of many that must be refused a bounded sample is tried", () => {
    const changed = declaration();
    for (let at = 0; at < 30; at++) {
      changed.services![`s${at}`] = { ...changed.services!.backend!, port: 9100 + at };
    }
    const { edges, leftOut } = edgesOf(meshOf(changed));
    expect(edges.filter(({ trial }) => trial.expect === "refused")).toHaveLength(MOST_REFUSALS);
    // 33 callers and 33 instances, less each with itself and the three that are allowed.
    expect(leftOut).toBe(33 * 33 - 33 - 3 - MOST_REFUSALS);
  });
});
