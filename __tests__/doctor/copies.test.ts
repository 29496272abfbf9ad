import { readFileSync } from "node:fs";
import { keptCopies } from "../../doctor/copies";
import { findingsOn, mesh } from "../support/doctor";

const node = mesh.nodes[0]!;
const folder = (moment: string) => `/var/backups/gatehouse/${moment}`;
const now = Date.UTC(2026, 4, 1);

test("copies of a deploy of the last weeks are none; older ones are a note, the oldest by its name", () => {
  expect(keptCopies(node, [folder("20260420T101500Z")], now)).toEqual([]);
  const old = [folder("20260101T000000Z"), folder("20260301T000000Z"), folder("20260420T101500Z")];
  expect(keptCopies(node, old, now)).toMatchObject([
    {
      severity: "note",
      where: { on: node.name, what: "/var/backups/gatehouse" },
      found: "2 of files that a deploy replaced, the oldest /var/backups/gatehouse/20260101T000000Z",
    },
  ]);
});

test("the doctor looks at them on every node", () => {
  const findings = findingsOn("worker1", (report) => report.copies.push(folder("20200101T000000Z")));
  expect(findings.map(({ severity }) => severity)).toEqual(["note"]);
});

test("it says the time that gatehouse-node keeps them", () => {
  expect(readFileSync("node/host/copies.go", "utf8")).toContain("KeepCopies = 90 * 24 * time.Hour");
  expect(keptCopies(node, [folder("20260101T000000Z")], now)[0]?.remedy).toContain("90 days");
});
