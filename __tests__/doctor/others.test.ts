/** Another mesh on the node is no finding of this one. */
import { placeText } from "../../findings";
import type { NodeReport } from "../../nodes";
import { findingsOn } from "../support/doctor";

const entry = (path: string) => ({ path, type: "f", target: "" });

/** The other mesh's part of a report: gatehouse-node leaves out whatever belongs to that mesh alone. */
function withOther(report: NodeReport): void {
  report.others = ["other"];
  const none = { Kind: "", Port: 9201, Of: "", Upstreams: [], Rest: {} };
  report.services?.push({ ...none, ID: "store", Service: "store", Mesh: "other" });
  report.tree.push(entry("/opt/gatehouse/node.json"), entry("/opt/gatehouse/node.env"));
}

test("its registrations and what both share are none", () => {
  expect(findingsOn("worker1", withOther)).toEqual([]);
});

test("what both share may be of another version, and must be there", () => {
  const found = findingsOn("worker1", (report) => {
    withOther(report);
    const shared = report.files.find(({ path }) => path === "/usr/local/bin/mesh");
    Object.assign(shared!, { sha256: "f".repeat(64) });
    report.files = report.files.filter(({ path }) => path !== "/etc/systemd/system/gatehouse-drain.service");
  });
  expect(found.map(({ where }) => placeText(where))).toEqual(["worker1: /etc/systemd/system/gatehouse-drain.service"]);
});

test("another program that is named mesh stays, and is none", () => {
  const found = findingsOn("worker1", (report) => {
    const shared = report.files.find(({ path }) => path === "/usr/local/bin/mesh");
    Object.assign(shared!, { sha256: "f".repeat(64), mode: "700", type: "symbolic link", foreign: true });
  });
  expect(found).toEqual([]);
});

test("without another mesh the same is a finding", () => {
  const found = findingsOn("worker1", (report) => {
    report.services?.push({
      ID: "store",
      Service: "store",
      Kind: "",
      Port: 1,
      Of: "",
      Mesh: "",
      Upstreams: [],
      Rest: {},
    });
    report.tree.push(entry("/opt/gatehouse/node.json"));
  });
  expect(found.map(({ where }) => placeText(where))).toEqual(["worker1: /opt/gatehouse/node.json"]);
});
