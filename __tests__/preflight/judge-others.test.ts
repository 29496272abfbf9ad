import { type Facts, readFacts } from "../../nodes";
import { judge } from "../../preflight/judge";
import { judgeCatalogue, renamedFrom } from "../../preflight/judge-others";
import { mesh, service, worker } from "../support/parts";
import { heads, healthy, lookAt, planOf, shop } from "../support/preflight";

const answers = { url: "https://10.77.0.10:8501" };
const found = (changes: Partial<Facts>, of = shop) => judge([lookAt("worker1", changes, of)], answers);
const on = (...names: string[]) => names.map((name) => ({ name, earlier: false }));
/** An agent that the cluster stack set up for this mesh. */
const agent = { files: planOf("worker1", mesh()).agentFiles };

test("another mesh on the node is no finding", () => {
  expect(found({ meshes: on("lab", "other"), instances: ["store"], owners: { store: "other" } })).toEqual([]);
  expect(found({ meshes: on("other"), agentMesh: "other" })).toEqual([]);
});

test("one that an earlier version deployed has the node for itself", () => {
  expect(found({ meshes: [{ name: "lab", earlier: true }] })).toEqual([]);
  expect(found({ meshes: [{ name: "other", earlier: true }] })).toMatchObject([
    {
      severity: "problem",
      where: { on: "worker1", what: "mesh" },
      found: "mesh other has it for itself: an earlier version of Gatehouse deployed that",
      remedy: expect.stringMatching(/^deploy other with this version of Gatehouse first/),
    },
  ]);
});

test("the agent of another mesh, and one that another mesh uses, are not set up again", () => {
  expect(found({ meshes: on("other"), agentMesh: "other", ...agent }, mesh())).toMatchObject([
    { severity: "problem", where: { what: "mesh" }, found: "mesh other set up its Consul agent" },
  ]);
  expect(found({ meshes: on("other"), ...agent }, mesh())).toMatchObject([
    { severity: "problem", found: "mesh other uses its Consul agent" },
  ]);
  expect(found({ meshes: on("lab", "other"), agentMesh: "lab", ...agent }, mesh())).toEqual([]);
});

test("a node is not retired while another mesh needs its agent", () => {
  const retired = mesh({ nodes: [{ ...worker, retired: true }] });
  expect(found({ meshes: on("lab", "other"), agentMesh: "lab" }, retired)).toMatchObject([
    { severity: "problem", where: { what: "mesh" }, remedy: "retire worker1 in other first, and deploy that" },
  ]);
  expect(found({ meshes: on("lab"), agentMesh: "lab" }, retired)).toEqual([]);
});

test("a name that another mesh has on the node is a problem that names it", () => {
  const told = found({ meshes: on("lab", "other"), instances: ["frontend"], owners: { frontend: "other" } });
  expect(told).toMatchObject([
    {
      severity: "problem",
      where: { what: "frontend" },
      found: "frontend is there, of mesh other",
      remedy: "give it another name in lab, or take it out of other first",
    },
  ]);
});

test("a port that another mesh holds is a problem that names it, and says how Envoys get others", () => {
  const held = (port: number) => ({
    meshes: on("lab", "other"),
    instances: ["store"],
    owners: { store: "other" },
    listeners: [{ address: "any" as const, port, pid: "77", unit: "store-sidecar-proxy.service", program: "envoy" }],
  });
  expect(found(held(9001))).toMatchObject([
    {
      severity: "problem",
      found: "held by store-sidecar-proxy.service of mesh other",
      remedy: "declare another port in lab, or in other first",
    },
  ]);
  expect(found(held(21001))).toMatchObject([
    { severity: "problem", remedy: expect.stringContaining("`ports: { admin: 20000, sidecars: 22000 }`") },
  ]);
});

test("what another mesh took back to an earlier release is not told", () => {
  expect(found({ instances: ["store"], owners: { store: "other" }, rolledBack: ["store"] })).toEqual([]);
});

describe("a mesh that was renamed", () => {
  const old = { meshes: on("old"), instances: ["frontend"], owners: { frontend: "old" } };

  test("is told once, with what to do", () => {
    const told = judge([lookAt("server1", { meshes: on("old") }), lookAt("worker1", old)], answers);
    expect(told).toMatchObject([
      {
        severity: "problem",
        where: { on: "this machine", what: "mesh" },
        found: "the nodes have mesh old, with the services and gateways that lab declares",
        remedy: expect.stringMatching(/^name it old again;/),
      },
    ]);
  });

  test.each<[string, Partial<Facts>]>([
    ["one of the names is not declared", { ...old, owners: { frontend: "old", store: "old" } }],
    ["the new name is on record too", { ...old, meshes: on("old", "lab") }],
    ["there are two others", { ...old, meshes: on("old", "other") }],
    ["nothing runs there", { meshes: on("old") }],
  ])("is something else when %s", (_, changes) => {
    expect(renamedFrom([lookAt("worker1", changes)])).toBeUndefined();
  });
});

test("a name that another mesh has on another node is told with that node", () => {
  const declared = { ...shop, services: [service({ name: "frontend" })] };
  const looks = [lookAt("worker1", { meshes: on("lab") })];
  const theirs = (name: string, of: string, node: string) => ({ name, mesh: of, node });
  const told = judgeCatalogue(declared, looks, [
    theirs("frontend", "other", "far1"),
    theirs("frontend", "other", "far2"),
    theirs("frontend", "lab", "worker1"),
    theirs("store", "other", "far1"),
  ]);
  expect(heads(told)).toEqual(["problem: this machine: frontend"]);
  expect(told[0]!.found).toBe("Consul has frontend of mesh other on far1, far2");
  const onNode = [lookAt("worker1", { instances: ["frontend"], owners: { frontend: "other" } })];
  expect(judgeCatalogue(declared, onNode, [theirs("frontend", "other", "worker1")])).toEqual([]);
});

test("what a node tells of meshes is read", () => {
  const lines = ["mesh\tlab", "mesh\told\tearlier", "instance\tfrontend\tlab", "instance\tweb\t", "end"];
  const read = readFacts(healthy.replace(/end$/, lines.join("\n")));
  expect(read?.meshes).toEqual([
    { name: "lab", earlier: false },
    { name: "old", earlier: true },
  ]);
  expect(read?.owners).toEqual({ frontend: "lab", web: "" });
});
