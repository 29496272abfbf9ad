import { placeText } from "../../findings";
import type { NodeReport } from "../../nodes";
import { expectedNode, findingsOn, runningUnit } from "../support/doctor";
import { declaration, meshOf } from "../support/shop";

/** The backend is a unit of others under its own name on worker2, and worker1 has a unit of that name for another purpose. */
const shop = declaration();
shop.services!.backend!.run = { unit: "backend.service" };
shop.services!.admin = { runsOn: ["worker1"], port: 9101, protocol: "http", run: { sameProcessAs: "frontend" } };
const mesh = meshOf(shop);
const find = (node: string, change?: (report: NodeReport) => void) => findingsOn(node, change, mesh);
const unit = (report: NodeReport, name: string) => report.units.find(({ Id }) => Id === name)!;

test.each(["worker1", "worker2"])("%s as declared has no finding", (node) => {
  expect(find(node)).toEqual([]);
});

test("no file of such a unit is expected, and no resource repairs it", () => {
  const { files, units } = expectedNode("worker2", mesh);
  expect(files.map(({ path }) => path)).not.toContain("/etc/systemd/system/backend.service");
  expect(units.find((one) => one.unit === "backend.service")?.fix).toEqual([]);
  expect(expectedNode("worker1", mesh).units.map((one) => one.unit)).not.toContain("admin.service");
});

test("how it is enabled, changed and restarted is its owner's business", () => {
  const changes = {
    UnitFileState: "disabled",
    NRestarts: 9,
    NeedDaemonReload: true,
    DropInPaths: ["/etc/systemd/system/backend.service.d/a.conf"],
    ActiveEnterTimestampMonotonic: 999e6,
  };
  expect(find("worker2", (report) => Object.assign(unit(report, "backend.service"), changes))).toEqual([]);
});

test.each<[string, (report: NodeReport) => void, string, RegExp]>([
  [
    "stopped",
    (report) => Object.assign(unit(report, "backend.service"), { ActiveState: "inactive" }),
    "inactive",
    /not Gatehouse's, so start it there: systemctl start backend.service/,
  ],
  [
    "gone",
    (report) => Object.assign(unit(report, "backend.service"), { LoadState: "not-found", ActiveState: "inactive" }),
    "there is no such unit",
    /install it again, or change services.backend.run.unit/,
  ],
])("one that is %s is told, and nothing is offered to repair it", (_what, change, found, remedy) => {
  const findings = find("worker2", change);
  expect(findings).toMatchObject([
    {
      severity: "problem",
      where: { on: "worker2", what: "backend.service" },
      found,
      remedy: expect.stringMatching(remedy),
    },
  ]);
  expect(findings[0]!.fix ?? []).toEqual([]);
});

test("that it serves others too is a note", () => {
  const findings = find("worker2", (report) => report.open.push({ unit: "backend.service", at: "0.0.0.0:9002" }));
  expect(findings.map(({ severity, where, found }) => [severity, placeText(where), found])).toEqual([
    ["note", "worker2: backend.service", "listens on 0.0.0.0:9002"],
  ]);
});

test("a unit of the same name on another node is not the mesh's to judge", () => {
  const there = { ...runningUnit("backend.service"), FragmentPath: "/lib/systemd/system/backend.service" };
  expect(find("worker1", (report) => report.units.push(there))).toEqual([]);
});
