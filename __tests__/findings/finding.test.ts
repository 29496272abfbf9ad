import { about, drift, Layer, markConsequences } from "../../doctor/causes";
import { asText } from "../../doctor/show";
import { block, doctorJson, exitCodeOf, type Finding, note, preflightJson, problem, warning } from "../../findings";
import { readReport } from "../../nodes";
import { applyArguments } from "../../terraform/replace";
import { mesh } from "../support/doctor";

const at = (layer: Layer, what: string, concerns: string[] = []) =>
  drift(layer, { on: "w", what }, { expected: "good", found: "bad", concerns });

describe("consequences", () => {
  const follow = (...findings: ReturnType<typeof at>[]) => markConsequences(findings).map(({ follows }) => follows);

  test("a finding above a cause about the same follows from it", () => {
    expect(follow(at(Layer.Declared, "unit", ["a@1"]), at(Layer.Runs, "check", ["a@1"]))).toEqual([undefined, true]);
    const other = at(Layer.Runs, "check", [about.instance("a", "2")]);
    expect(follow(at(Layer.Declared, "unit", ["a@1"]), other)).toEqual([undefined, undefined]);
  });

  test("a note is no cause and no consequence", () => {
    const restarts = { ...at(Layer.Declared, "restarts", ["a@1"]), severity: "note" as const };
    expect(follow(restarts, at(Layer.Runs, "check", ["a@1"]))).toEqual([undefined, undefined]);
  });
});

const simple = { found: "bad", remedy: "mind it" };
const blind: Finding = { ...problem("w", "ssh", simple), blind: true };

test.each<[string, Finding[], number]>([
  ["nothing", [], 0],
  ["notes and warnings", [note("w", "x", simple), warning("w", "x", simple)], 0],
  ["a problem", [note("w", "x", simple), problem("w", "x", simple)], 1],
  ["something that could not be looked at", [problem("w", "x", simple), blind], 2],
  ["a retired node that could not be looked at", [{ ...blind, severity: "warning" }], 0],
])("the exit code for %s", (_, findings, code) => {
  expect(exitCodeOf(findings)).toBe(code);
});

test("a table for people", () => {
  const findings = markConsequences([
    drift(
      Layer.Declared,
      { on: "w", what: "u" },
      { expected: "a", found: "b", concerns: ["c"], fix: [{ stack: "mesh", replace: "r.x" }] },
    ),
    at(Layer.Passes, "route", ["c"]),
  ]);
  expect(asText(mesh, findings).split("\n")).toEqual([
    "Not as declared:",
    "  WHERE  EXPECTED  FOUND  TO FIX",
    "  w: u   a         b      npm run doctor -- --fix replaces r.x",
    "",
    "These follow from the above:",
    "  WHERE     EXPECTED  FOUND  TO FIX",
    "  w: route  good      bad    look there",
    "",
    "shop: 1 not as declared",
  ]);
  expect(asText(mesh, [])).toBe("shop: as declared");
  expect(asText(mesh, [blind, note("w", "x", simple)])).toMatch(
    /^Could not be looked at:\n[\s\S]*\nWorth knowing:\n[\s\S]*\nshop: 0 not as declared, 1 could not be looked at$/,
  );
});

test("a finding in full", () => {
  expect(block(warning("w", "clock", { found: "late", why: "it matters", remedy: "set it" }))).toBe(
    "warning: w: clock\n  found  late\n  why    it matters\n  do     set it",
  );
  expect(block(at(Layer.Declared, "x"))).toBe(
    "problem: w: x\n  expected  good\n  found     bad\n  do        look there",
  );
});

/** The fields that programs rely on: docs/commands.md promises them. */
describe("JSON for programs", () => {
  test("of the doctor: the fields of every finding, and those of earlier versions", () => {
    expect(JSON.parse(doctorJson("shop", [at(Layer.Runs, "x")]))).toEqual({
      mesh: "shop",
      exitCode: 1,
      verdict: "drift",
      findings: [
        {
          severity: "problem",
          where: "w: x",
          expected: "good",
          found: "bad",
          remedy: "look there",
          fix: [],
          blind: false,
          follows: false,
          line: "w: x: expected good, found bad; look there",
          kind: "drift",
          mends: [],
        },
      ],
    });
    const kinds = JSON.parse(doctorJson("shop", [blind, note("w", "x", simple), problem("w", "x", simple)]));
    expect(kinds.findings.map(({ kind }: { kind: string }) => kind)).toEqual(["blind", "note", "drift"]);
    expect(kinds.verdict).toBe("incomplete");
    const fix = [{ stack: "mesh" as const, replace: "null_resource.x" }];
    const [finding] = JSON.parse(doctorJson("shop", [problem("w", "x", { ...simple, fix })])).findings;
    expect([finding.fix, finding.mends]).toEqual([fix, fix]);
  });

  test("of the preflight: the fields of every finding, and those of earlier versions", () => {
    const finding = warning("w", "port 9001", { found: "held", why: "it is needed", remedy: "free it" });
    expect(JSON.parse(preflightJson("shop", [{ node: "w" }], [finding]))).toEqual({
      mesh: "shop",
      exitCode: 0,
      machines: [{ node: "w" }],
      findings: [
        {
          severity: "warning",
          where: "w: port 9001",
          found: "held",
          why: "it is needed",
          remedy: "free it",
          fix: [],
          blind: false,
          follows: false,
          line: "w: port 9001: found held; free it",
          node: "w",
          check: "port 9001",
          reason: "it is needed",
        },
      ],
    });
  });
});

test("exactly the named resources are replaced, each once; an entry's drift needs no replacing", () => {
  const mends = [
    { stack: "mesh" as const, replace: "null_resource.b" },
    { stack: "mesh" as const },
    { stack: "mesh" as const, replace: "null_resource.a" },
    { stack: "mesh" as const, replace: "null_resource.b" },
  ];
  expect(applyArguments(mends, true)).toEqual([
    "-input=false",
    "-auto-approve",
    "-replace=null_resource.a",
    "-replace=null_resource.b",
  ]);
  expect(applyArguments([{ stack: "mesh" }], false)).toEqual([]);
});

test("a node that did not tell everything was not looked at", () => {
  expect(() => readReport('{"files":[],"uptime":3,"units":[]}')).toThrow(
    "it did not tell its tree, needed, written, processes, open, envoys, edges",
  );
  for (const text of ["", "noise", "null", '{"files":']) {
    expect(() => readReport(text)).toThrow("it told nothing that is a report");
  }
});
