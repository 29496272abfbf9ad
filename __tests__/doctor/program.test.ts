import { judgeAnswer } from "../../doctor/node";
import type { Mesh } from "../../model";
import type { NodeReport } from "../../nodes";
import { expectedNode, healthyReport, mesh, VERSION } from "../support/doctor";
import { declaration, meshOf } from "../support/shop";

const names = ["frontend", "backend", "edge"];

/** The findings for an answer of worker1. Edges are left out: see node.test.ts. */
function judged(answer: { stdout?: string; stderr?: string; exitCode?: number }, of: Mesh = mesh, node = "worker1") {
  const whole = { stdout: "", stderr: "", exitCode: 0, ...answer };
  return judgeAnswer(of, expectedNode(node, of), whole, [], names, VERSION);
}

/** The report of a node that is as declared but for these changes. */
function report(changes: Partial<NodeReport> = {}): { stdout: string } {
  return { stdout: JSON.stringify({ ...healthyReport(expectedNode("worker1")), ...changes }) };
}

const program = { on: "worker1", what: "/opt/gatehouse/bin/shop/gatehouse-node" };
const replaced = [{ stack: "mesh", replace: "null_resource.node_worker1" }];
const uploadedAgain = [{ stack: "cluster", replace: "null_resource.program_worker1" }];

test("the declared version has no finding", () => {
  expect(judged(report())).toEqual({ looked: true, findings: [] });
});

test.each([
  ["bash", 127, "bash: line 2: /opt/gatehouse/bin/shop/gatehouse-node: No such file or directory"],
  ["sh", 127, "sh: 2: exec: /opt/gatehouse/bin/shop/gatehouse-node: not found"],
  ["a file that is no program", 126, "bash: line 2: /opt/gatehouse/bin/shop/gatehouse-node: Permission denied"],
])("a node without the program is one finding, and no blindness: %s", (_, exitCode, stderr) => {
  const { looked, findings } = judged({ exitCode, stderr });
  expect(looked).toBe(false);
  expect(findings).toMatchObject([
    {
      severity: "problem",
      where: program,
      expected: `gatehouse-node ${VERSION}`,
      found: "nothing; the rest of the node could not be looked at",
      fix: uploadedAgain,
      concerns: ["frontend@worker1"],
    },
  ]);
});

test("another program that is missing is no such finding", () => {
  expect(judged({ exitCode: 127, stderr: "bash: sudo: command not found" }).findings).toMatchObject([
    { severity: "problem", blind: true, found: "it printed no report. bash: sudo: command not found" },
  ]);
});

test("another version is a finding, and the rest is compared all the same", () => {
  const { looked, findings } = judged(report({ version: "older", files: [] }));
  expect(looked).toBe(true);
  expect(findings[0]).toMatchObject({
    severity: "problem",
    where: program,
    found: "gatehouse-node older",
    fix: uploadedAgain,
  });
  expect(findings.map(({ where }) => where.what)).toContain("/etc/systemd/system/frontend.service");
});

test("a report of another version that cannot be read is a finding", () => {
  expect(judged({ stdout: '{"version":"older","files":[]}' })).toMatchObject({
    looked: false,
    findings: [
      {
        severity: "problem",
        found: "gatehouse-node older; the rest of the node could not be looked at",
        fix: uploadedAgain,
      },
    ],
  });
  const stderr = "gatehouse-node: the document on standard input is not what this gatehouse-node reads: unknown field";
  expect(judged({ exitCode: 1, stderr })).toMatchObject({
    looked: false,
    findings: [{ severity: "problem", found: "another version; the rest of the node could not be looked at" }],
  });
});

test("a program of this version that fails is blindness, with its reason", () => {
  expect(judged({ exitCode: 1, stderr: "gatehouse-node: systemd does not answer" }).findings).toMatchObject([
    {
      severity: "problem",
      blind: true,
      found: "it printed no report. gatehouse-node: systemd does not answer",
    },
  ]);
});

test.each([
  [
    "ssh: connect to host 10.77.0.12 port 22: Connection refused",
    /nothing listens on its port 22$/,
    /^start sshd there/,
  ],
  ["root@10.77.0.12: Permission denied (publickey).", /does not let root in/, /authorized_keys/],
])("a node that ssh cannot reach has the reason and the remedy that the preflight gives: %s", (stderr, why, remedy) => {
  expect(judged({ exitCode: 255, stderr })).toMatchObject({
    looked: false,
    findings: [
      {
        severity: "problem",
        blind: true,
        where: { on: "worker1", what: "ssh root@10.77.0.12" },
        found: stderr,
        why: expect.stringMatching(why),
        remedy: expect.stringMatching(remedy),
        concerns: ["frontend@worker1"],
      },
    ],
  });
});

test("a retired node that ssh cannot reach is a note", () => {
  const retired = structuredClone(mesh);
  retired.nodes.find(({ name }) => name === "worker1")!.retired = true;
  expect(judged({ exitCode: 255, stderr: "No route to host" }, retired)).toMatchObject({
    findings: [{ severity: "note", remedy: "if it is gone, delete the node from the declaration" }],
  });
});

test("the node's record is compared", () => {
  const record = { mesh: "shop", node: "worker1", role: "worker" as const, tls: mesh.consul.tls };
  expect(judged(report({ mesh: { ...record, node: "worker7" } })).findings).toMatchObject([
    {
      where: { on: "worker1", what: "record of the node" },
      found: expect.stringContaining("node worker7"),
      fix: replaced,
    },
  ]);
  expect(judged(report({ mesh: { ...record, mesh: "" } })).findings).toMatchObject([{ found: "none", fix: replaced }]);
  expect(judged(report({ mesh: { ...record, mesh: "other" } })).findings).toMatchObject([
    { found: expect.stringContaining("mesh other"), fix: replaced },
  ]);
});

describe("a node of a Consul that was there before, on which the mesh runs nothing", () => {
  const shared = declaration();
  shared.consul.existing = true;
  shared.services = {};
  shared.gateways = {};
  shared.intentions = [];
  shared.configEntries = [];
  const empty = { units: [], processes: [], open: [], envoys: [], edges: [] };

  test("is looked at, though it has no unit of the mesh", () => {
    const of = meshOf(shared);
    const stdout = JSON.stringify({ ...healthyReport(expectedNode("server1", of), of), ...empty });
    expect(judged({ stdout }, of, "server1")).toEqual({ looked: true, findings: [] });
  });
});

test("a retired node without the program has been emptied", () => {
  const changed = declaration();
  const last = Object.keys(changed.nodes).find((name) => name === "worker2")!;
  for (const { runsOn } of [...Object.values(changed.services ?? {}), ...Object.values(changed.gateways ?? {})]) {
    runsOn.splice(0, runsOn.length, ...new Set(runsOn.map((name) => (name === last ? "worker1" : name))));
  }
  changed.nodes[last]!.retired = true;
  const of = meshOf(changed);
  const stderr = "bash: line 2: /opt/gatehouse/bin/shop/gatehouse-node: No such file or directory";
  expect(judged({ exitCode: 127, stderr }, of, last)).toEqual({ looked: false, findings: [] });
});
