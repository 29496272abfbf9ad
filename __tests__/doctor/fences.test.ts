/** Ports on loopback that are open to programs that have no business there. */
import type { NodeReport } from "../../nodes";
import { findingsOn } from "../support/doctor";

const withFences = (fences: Partial<NodeReport["fences"]>) =>
  findingsOn("worker1", (report) => Object.assign(report.fences, fences));

test("as the instances need them, they are none", () => {
  expect(withFences({})).toEqual([]);
});

test("open ports are a finding that the sweep repairs", () => {
  expect(withFences({ open: [5000, 8500] })).toMatchObject([
    {
      severity: "problem",
      where: { on: "worker1", what: "fences" },
      found: "open on loopback: 5000, 8500",
      fix: [{ stack: "mesh", replace: "null_resource.sweep_worker1" }],
    },
  ]);
});

test("so are ports that are closed to who needs them, or for nothing", () => {
  expect(withFences({ closed: [9001] })).toMatchObject([{ severity: "problem", found: "closed on loopback: 9001" }]);
});

test("a kernel that cannot do it is a note: no deploy changes that", () => {
  expect(withFences({ fault: "operation not permitted" })).toMatchObject([
    { severity: "note", found: "open to every program of the node: operation not permitted" },
  ]);
});
