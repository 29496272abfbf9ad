import { exitCodeOf, unseen } from "../../findings";
import { judge } from "../../preflight/judge";
import type { Preflight } from "../../preflight/look";
import { json, text } from "../../preflight/report";
import { server, worker } from "../support/parts";
import { lookAt } from "../support/preflight";

const api = { url: "https://10.77.0.10:8501" };

function result(changes: Parameters<typeof lookAt>[1] = {}): Preflight {
  const looks = [lookAt("server1", { versions: { consul: "1.22.7" } }), lookAt("worker1", changes)];
  return {
    mesh: "lab",
    nodes: [
      { node: server, look: looks[0] },
      { node: worker, look: looks[1] },
    ],
    findings: judge(looks, api),
  };
}

test("a person reads a table, each finding in full, and the sum", () => {
  expect(text(result({ missing: ["jq"] }))).toBe(`\
NODE     CONSUL  ENVOY   FREE ON /opt  CLOCK   RESULT
server1  1.22.7  -       2.0 GiB       agrees  ok
worker1  1.22.7  1.35.9  2.0 GiB       agrees  1 problem

problem: worker1: programs
  found  not there: jq
  why    Gatehouse calls them on the node before its own program is there
  do     apt-get install jq

preflight of mesh lab: 2 nodes: 1 problem. Nothing was changed.
`);
});

test("what is the same on several nodes is one finding, with all their names", () => {
  const many = result({ missing: ["jq"] });
  const [finding] = many.findings;
  many.findings.push({ ...finding!, where: { on: "worker2", what: "programs" } });
  expect(text(many)).toContain("\n\nproblem: worker1, worker2: programs\n  found  not there: jq\n");
});

test("a mesh without obstacles is told in a line", () => {
  expect(text(result())).toMatch(/\npreflight of mesh lab: 2 nodes: nothing is in the way\.\n$/);
});

test("the exit code is 0 for well or worth a note, 1 for problems, 2 when a node was not looked at", () => {
  expect(exitCodeOf(result().findings)).toBe(0);
  expect(exitCodeOf(result({ versions: { consul: "1.22.7", envoy: "1.36.4" } }).findings)).toBe(0);
  expect(exitCodeOf(result({ missing: ["jq"] }).findings)).toBe(1);
  const blind = (node = worker): Preflight => ({
    ...result(),
    nodes: [{ node }],
    findings: [unseen(node, { stdout: "", stderr: "Connection refused", exitCode: 255 })],
  });
  expect(exitCodeOf(blind().findings)).toBe(2);
  expect(text(blind())).toContain("1 node: 1 problem, and 1 could not be looked at. Nothing was changed.");
  expect(exitCodeOf(blind({ ...worker, retired: true }).findings)).toBe(0);
});

test("a program reads the same", () => {
  expect(JSON.parse(json(result({ missing: ["jq"] })))).toMatchObject({
    mesh: "lab",
    exitCode: 1,
    machines: [
      { node: "server1", address: "10.77.0.10", looked: true, clockOffSeconds: 0 },
      { node: "worker1", versions: { consul: "1.22.7", envoy: "1.35.9" } },
    ],
    findings: [
      {
        where: "worker1: programs",
        ...{ node: "worker1", severity: "problem", check: "programs", found: "not there: jq" },
        reason: "Gatehouse calls them on the node before its own program is there",
      },
    ],
  });
});
