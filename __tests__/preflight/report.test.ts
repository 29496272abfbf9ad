import { judge } from "../../preflight/judge";
import type { Preflight } from "../../preflight/look";
import { exitCodeOf, json, text } from "../../preflight/report";
import { unseen } from "../../preflight/unseen";
import { server, worker } from "../support/mesh";
import { lookAt } from "../support/preflight";

const api = { url: "https://10.77.0.10:8501" };

function result(changes: Parameters<typeof lookAt>[1] = {}): Preflight {
  const looks = [lookAt("server1", { versions: { consul: "1.22.7" } }), lookAt("worker1", changes)];
  return {
    mesh: "lab",
    machines: [
      { node: server, look: looks[0] },
      { node: worker, look: looks[1] },
    ],
    findings: judge(looks, api),
  };
}

test("a person reads a table, each finding in full, and the sum", () => {
  expect(text(result({ missing: ["jq"] }))).toBe(`\
MACHINE  CONSUL  ENVOY   FREE ON /opt  CLOCK   RESULT
server1  1.22.7  -       2.0 GiB       agrees  ok
worker1  1.22.7  1.35.9  2.0 GiB       agrees  1 problem

problem: worker1: programs
  found  not there: jq
  why    Gatehouse calls them on the node before its own program is there
  do     apt-get install jq

preflight of mesh lab: 2 machines: 1 problem. Nothing was changed.
`);
});

test("what is the same on several machines is told once, with all their names", () => {
  const many = result({ missing: ["jq"] });
  const [finding] = many.findings;
  many.findings.push({ ...finding!, node: "worker2" });
  expect(text(many)).toContain("\n\nproblem: worker1, worker2: programs\n  found  not there: jq\n");
});

test("a mesh without obstacles is told in a line", () => {
  expect(text(result())).toMatch(/\npreflight of mesh lab: 2 machines: nothing is in the way\.\n$/);
});

test("the exit code is 0 for well or worth a note, 1 for problems, 2 when a machine was not seen", () => {
  expect(exitCodeOf(result())).toBe(0);
  expect(exitCodeOf(result({ versions: { consul: "1.22.7", envoy: "1.36.4" } }))).toBe(0);
  expect(exitCodeOf(result({ missing: ["jq"] }))).toBe(1);
  const blind = (node = worker): Preflight => ({
    ...result(),
    machines: [{ node }],
    findings: [unseen(node, { stdout: "", stderr: "Connection refused", exitCode: 255 })],
  });
  expect(exitCodeOf(blind())).toBe(2);
  expect(text(blind())).toContain("1 machine: 1 problem, and 1 could not be looked at. Nothing was changed.");
  expect(exitCodeOf(blind({ ...worker, retired: true }))).toBe(0);
});

test("a program reads the same", () => {
  expect(JSON.parse(json(result({ missing: ["jq"] })))).toMatchObject({
    mesh: "lab",
    exitCode: 1,
    machines: [
      { node: "server1", address: "10.77.0.10", looked: true, clockOffSeconds: 0 },
      { node: "worker1", versions: { consul: "1.22.7", envoy: "1.35.9" } },
    ],
    findings: [{ node: "worker1", severity: "problem", check: "programs", found: "not there: jq" }],
  });
});
