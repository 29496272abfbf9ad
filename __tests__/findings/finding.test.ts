import { block, doctorJson, exitCodeOf, type Finding, note, preflightJson, problem, warning } from "../../findings";

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

test("a finding in full", () => {
  expect(block(warning("w", "clock", { found: "late", why: "it matters", remedy: "set it" }))).toBe(
    "warning: w: clock\n  found  late\n  why    it matters\n  do     set it",
  );
  expect(block(problem("w", "x", { expected: "good", found: "bad", remedy: "look there" }))).toBe(
    "problem: w: x\n  expected  good\n  found     bad\n  do        look there",
  );
});

/** The fields that programs rely on: docs/commands.md promises them. */
describe("JSON for programs", () => {
  test("of the doctor: the fields of every finding, and those of earlier versions", () => {
    expect(
      JSON.parse(doctorJson("shop", [problem("w", "x", { expected: "good", found: "bad", remedy: "look there" })])),
    ).toEqual({
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
