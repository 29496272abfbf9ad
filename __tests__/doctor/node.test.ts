import { edgesOf } from "../../doctor/edges";
import { compareNode } from "../../doctor/node";
import { placeText } from "../../findings";
import type { NodeReport } from "../../nodes";
import { expectedNode, findingsOn, healthyReport, mesh, runningUnit } from "../support/doctor";
import { clusterGraph, meshGraph } from "../support/graph";
import { declaration, meshOf, severalBackends } from "../support/shop";

const frontend = "/etc/systemd/system/frontend.service";
const unitOf = (report: NodeReport, name: string) => report.units.find(({ Id }) => Id === name)!;
const file = (report: NodeReport, path: string) => report.files.find((one) => one.path === path)!;

test.each(mesh.nodes.map(({ name }) => name))("%s as declared has no finding", (name) => {
  expect(findingsOn(name)).toEqual([]);
});

describe("two instances on one node", () => {
  const two = meshOf(severalBackends(2));

  test("have no finding as declared", () => {
    expect(findingsOn("worker2", () => {}, two)).toEqual([]);
  });

  test("are known apart", () => {
    const [finding] = findingsOn(
      "worker2",
      (report) => report.units.splice(report.units.indexOf(unitOf(report, "backend_2.service")), 1),
      two,
    );
    expect(finding).toMatchObject({
      where: { on: "worker2", what: "backend_2.service" },
      fix: [{ replace: "null_resource.instance_backend_2_worker2" }],
    });
    const ports = findingsOn(
      "worker2",
      (report) => Object.assign(report.services!.find(({ ID }) => ID === "backend_2")!, { Port: 9002 }),
      two,
    );
    expect(ports.map(({ expected, found }) => [expected, found])).toEqual([
      ["service backend, port 9003", "service backend, port 9002"],
    ]);
  });

  test("and the second one goes with the sweep when it is no longer declared", () => {
    const one = meshOf(severalBackends(1));
    const found = findingsOn(
      "worker2",
      (report) => {
        const [second] = healthyReport(expectedNode("worker2", two), two).services!.filter(
          ({ ID }) => ID === "backend_2",
        );
        report.services!.push(second!);
        report.tree.push({ path: "/opt/gatehouse/instances/backend_2", type: "d", target: "" });
      },
      one,
    );
    const sweep = [{ stack: "mesh", replace: "null_resource.sweep_worker2" }];
    expect(found.map(({ where, fix }) => [placeText(where), fix])).toEqual([
      ["worker2: /opt/gatehouse/instances/backend_2", sweep],
      ["worker2: registration backend_2", sweep],
    ]);
  });
});

test("a node with services that have no port has no finding, and nothing is tried or expected at one", () => {
  const changed = declaration();
  changed.services!.job = { runsOn: ["worker1"], run: { command: ["/usr/bin/job"] } };
  changed.services!.worker = { ...changed.services!.job, upstreams: { backend: { localPort: 5009 } } };
  const other = meshOf(changed);
  const expected = expectedNode("worker1", other);
  const report = healthyReport(expected, other);
  const { edges } = edgesOf(other);
  const own = edges.filter(({ from }) => from.node.name === "worker1");
  expect(compareNode(other, expected, report, own, ["job", "worker"])).toEqual([]);
  expect(report.services?.map(({ ID }) => ID)).not.toContain("job");
  expect(edges.filter(({ to, from }) => [to, from.workload.name].includes("job"))).toEqual([]);
  expect(edges.filter(({ to }) => to === "worker")).toEqual([]);
  expect(edges.filter(({ from, to }) => from.workload.name === "worker" && to === "backend")).toHaveLength(1);
  const { units } = expected;
  expect(units.map(({ unit }) => unit).filter((unit) => unit.startsWith("job"))).toEqual(["job.service"]);
});

test("every resource that may be replaced is one of Terraform's", () => {
  const known = [...meshGraph(mesh).addresses, ...clusterGraph(mesh).addresses];
  const named = mesh.nodes.flatMap(({ name }) => {
    const { files, units, links, sweep } = expectedNode(name);
    return [...files, ...units, ...links].flatMap(({ fix }) => fix).concat(sweep);
  });
  expect(named.length).toBeGreaterThan(20);
  for (const { replace } of named) expect(known).toContain(replace);
});

/** One change on worker1, where the frontend runs: what is found, in which layer, and what would be replaced. */
const cases: [what: string, change: (report: NodeReport) => void, found: string, replaced: string[]][] = [
  [
    "other content",
    (report) => Object.assign(file(report, frontend), { sha256: "f".repeat(64) }),
    `worker1: ${frontend}: other content (sha256 ffffffffffff)`,
    ["instance_frontend_worker1"],
  ],
  [
    "a missing file",
    (report) => report.files.splice(report.files.indexOf(file(report, frontend)), 1),
    `worker1: ${frontend}: nothing`,
    ["instance_frontend_worker1"],
  ],
  [
    "another owner",
    (report) => Object.assign(file(report, frontend), { owner: "nobody:root" }),
    `worker1: ${frontend}: nobody:root 644`,
    ["instance_frontend_worker1"],
  ],
  [
    "a link in place of a file",
    (report) => Object.assign(file(report, frontend), { type: "symbolic link" }),
    `worker1: ${frontend}: a symbolic link`,
    ["instance_frontend_worker1"],
  ],
  [
    "the record of the node that was edited",
    (report) => Object.assign(file(report, "/opt/gatehouse/meshes/shop.json"), { mode: "777" }),
    "worker1: /opt/gatehouse/meshes/shop.json: root:root 777",
    ["node_worker1"],
  ],
  [
    "the agent's configuration",
    (report) => Object.assign(file(report, "/etc/consul.d/consul.hcl"), { mode: "600" }),
    "worker1: /etc/consul.d/consul.hcl: root:root 600",
    ["agent_worker1"],
  ],
  [
    "a stopped unit",
    (report) => Object.assign(unitOf(report, "frontend-sidecar-proxy.service"), { ActiveState: "inactive" }),
    "worker1: frontend-sidecar-proxy.service: inactive and enabled",
    ["instance_frontend_worker1"],
  ],
  [
    "a service that others reach past the mesh",
    (report) => report.open.push({ unit: "frontend.service", at: "10.77.0.12:9001" }),
    "worker1: frontend.service: listens on 10.77.0.12:9001",
    [],
  ],
  [
    "a drop-in of its own",
    (report) =>
      Object.assign(unitOf(report, "frontend.service"), {
        DropInPaths: ["/usr/lib/systemd/system/service.d/all.conf", "/etc/systemd/system/frontend.service.d/x.conf"],
      }),
    "worker1: frontend.service: /etc/systemd/system/frontend.service.d/x.conf",
    ["instance_frontend_worker1"],
  ],
  [
    "a unit that keeps crashing",
    (report) =>
      Object.assign(unitOf(report, "frontend.service"), {
        NRestarts: 9,
        ActiveEnterTimestampMonotonic: 998_000_000,
      }),
    "worker1: frontend.service: restarted 9 times, the last 2s ago",
    ["instance_frontend_worker1"],
  ],
  [
    "a process of another program",
    (report) => Object.assign(report.processes[0]!, { sha256: "e".repeat(64) }),
    "worker1: frontend.service: one of another binary (eeeeeeeeeeee)",
    ["instance_frontend_worker1"],
  ],
  [
    "a unit that belongs on another node",
    (report) => report.units.push({ ...runningUnit("backend.service"), UnitFileState: "disabled" }),
    "worker1: backend.service: /etc/systemd/system/backend.service, active",
    [],
  ],
  [
    "what an undeclared service left",
    (report) => {
      report.tree.push({ path: "/opt/gatehouse/instances/cart", type: "d", target: "" });
      report.tree.push({ path: "/opt/gatehouse/instances/cart/current", type: "l", target: "releases/1" });
    },
    "worker1: /opt/gatehouse/instances/cart: it is there",
    ["sweep_worker1"],
  ],
  [
    "a token that an earlier version left",
    (report) => report.tree.push({ path: "/opt/gatehouse/secrets/_handover.token", type: "f", target: "" }),
    "worker1: /opt/gatehouse/secrets/_handover.token: it is there",
    [],
  ],
  [
    "a registration under our name",
    (report) =>
      report.services?.push({
        ID: "b2",
        Service: "backend",
        Kind: "",
        Port: 1,
        Of: "",
        Mesh: "",
        Upstreams: [],
        Rest: {},
      }),
    "worker1: registration b2: service backend, port 1",
    [],
  ],
  [
    "a registration with another port",
    (report) => Object.assign(report.services![0]!, { Port: 1 }),
    "worker1: registration frontend: service frontend, port 1",
    ["instance_frontend_worker1"],
  ],
  [
    "maintenance mode",
    (report) =>
      Object.assign(report.checks![0]!, { Name: "Service Maintenance Mode", Status: "critical", Output: "x" }),
    "worker1: frontend: critical: x",
    ["instance_frontend_worker1"],
  ],
  [
    "an illness of the process, which a deploy would not heal",
    (report) => Object.assign(report.checks![0]!, { Status: "critical", Output: "500\n" }),
    "worker1: frontend: critical: 500",
    [],
  ],
  [
    "an Envoy that is not ready",
    (report) => Object.assign(report.envoys[0]!, { ready: "PRE_INITIALIZING" }),
    "worker1: Envoy of frontend: PRE_INITIALIZING",
    [],
  ],
  [
    "an upstream without endpoints",
    (report) => Object.assign(report.envoys[0]!.clusters[0]!, { healthy: 0 }),
    "worker1: Envoy of frontend: none",
    [],
  ],
  [
    "a certificate that is not renewed",
    (report) =>
      Object.assign(report.envoys[0]!.certificates[0]!, { from: "2020-01-01T00:00:00Z", to: "2020-01-04T00:00:00Z" }),
    "worker1: Envoy of frontend: one that expired at 2020-01-04T00:00:00Z",
    [],
  ],
  [
    "an edge that is refused",
    (report) => Object.assign(report.edges[0]!, { answer: "refused", detail: "403" }),
    "worker1: frontend -> backend: refused: 403 (through its upstream port)",
    [],
  ],
];

test.each(cases)("%s is one finding", (_, change, found, replaced) => {
  const findings = findingsOn("worker1", change);
  expect(findings.map(({ where, found: is }) => `${placeText(where)}: ${is}`)).toEqual([found]);
  expect(findings.flatMap(({ fix = [] }) => fix.map(({ replace }) => replace))).toEqual(
    replaced.map((id) => `null_resource.${id}`),
  );
});

test("a changed binary is uploaded again, and every instance that runs it is put there again", () => {
  const { path } = expectedNode("worker2").files.find((one) => one.path.includes("/binaries/"))!;
  const [finding] = findingsOn("worker2", (report) => {
    for (const one of report.files) if (one.path === path) one.sha256 = "0";
  });
  expect(finding?.fix?.map(({ replace }) => replace?.replace(/[0-9a-f]{12}$/, "SUM"))).toEqual([
    "null_resource.binary_worker2_SUM",
    "null_resource.instance_backend_worker2",
    "null_resource.instance_frontend_worker2",
  ]);
});

describe("an unpacked archive", () => {
  const changed = declaration();
  changed.services!.backend!.run = { files: "folder/dist", command: ["bin/server"] };
  const unpacked = meshOf(changed);
  const replaced = ["null_resource.binary_worker2_SUM", "null_resource.instance_backend_worker2"];

  test("that is whole is no finding", () => expect(findingsOn("worker2", () => {}, unpacked)).toEqual([]));

  test.each([
    ["is not whole", "some are missing or others, or there are more", { whole: false }],
    ["is of another hash", "nothing", { sha256: "0" }],
  ])("that %s is brought again", (_what, found, change) => {
    const [finding] = findingsOn("worker2", (report) => Object.assign(report.unpacked[0]!, change), unpacked);
    expect(finding).toMatchObject({ where: { what: expect.stringMatching(/\/binaries\/\w+\/files$/) }, found });
    expect(finding?.fix?.map(({ replace }) => replace?.replace(/[0-9a-f]{12}$/, "SUM"))).toEqual(replaced);
  });
});

test("restarts are told and are no drift", () => {
  const findings = findingsOn("worker1", (report) => {
    Object.assign(unitOf(report, "frontend.service"), { NRestarts: 2 });
  });
  expect(findings.map(({ severity, found }) => [severity, found])).toEqual([["note", "2, the last 990s ago"]]);
});

test("registrations of others are theirs, wherever Consul runs", () => {
  const changed = declaration();
  changed.consul.existing = true;
  const shared = meshOf(changed);
  const other = { ID: "mail", Service: "mail", Kind: "", Port: 25, Of: "", Mesh: "", Upstreams: [], Rest: {} };
  expect(findingsOn("worker1", (report) => report.services?.push(other), shared)).toEqual([]);
  expect(findingsOn("worker1", (report) => report.services?.push(other))).toEqual([]);
});

test("edges that a node had no time for count as not looked at", () => {
  const findings = findingsOn("worker1", (report) => report.edges.pop());
  expect(findings.map(({ blind, where }) => [blind, placeText(where)])).toEqual([[true, "worker1: edges"]]);
});
