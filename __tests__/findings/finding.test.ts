import { drift, exitCode, Layer, markConsequences } from "../../findings/finding";
import { asJson, asText } from "../../findings/show";
import { readReport } from "../../nodes/report";
import { applyArguments } from "../../terraform/replace";
import { mesh } from "../support/doctor";

const at = (layer: Layer, where: string, concerns: string[] = []) =>
  drift(layer, where, { expected: "good", found: "bad", concerns });

describe("consequences", () => {
  const told = (...findings: ReturnType<typeof at>[]) => markConsequences(findings).map(({ follows }) => follows);

  test("what fails above a cause about the same follows from it", () => {
    expect(told(at(Layer.Declared, "unit", ["a@1"]), at(Layer.Runs, "check", ["a@1"]))).toEqual([false, true]);
    expect(told(at(Layer.Declared, "unit", ["a@1"]), at(Layer.Runs, "check", ["a@2"]))).toEqual([false, false]);
  });

  test("a note is no cause and no consequence", () => {
    const note = { ...at(Layer.Declared, "restarts", ["a@1"]), kind: "note" as const };
    expect(told(note, at(Layer.Runs, "check", ["a@1"]))).toEqual([false, false]);
  });
});

test("the exit code: blindness before drift before notes", () => {
  const drifted = at(Layer.Runs, "x");
  const note = { ...drifted, kind: "note" as const };
  const blind = { ...drifted, kind: "blind" as const };
  expect([exitCode([]), exitCode([note]), exitCode([note, drifted]), exitCode([drifted, blind])]).toEqual([0, 0, 1, 2]);
});

test("a table for people", () => {
  const findings = markConsequences([
    drift(Layer.Declared, "w: u", {
      expected: "a",
      found: "b",
      concerns: ["c"],
      mends: [{ stack: "mesh", replace: "r.x" }],
    }),
    at(Layer.Passes, "w: route", ["c"]),
  ]);
  expect(asText(mesh, findings).split("\n")).toEqual([
    "Not as declared:",
    "  WHERE  EXPECTED  FOUND  TO MEND",
    "  w: u   a         b      npm run doctor -- --mend replaces r.x",
    "",
    "These follow from the above:",
    "  WHERE     EXPECTED  FOUND  TO MEND",
    "  w: route  good      bad    look there",
    "",
    "shop: 1 not as declared",
  ]);
  expect(asText(mesh, [])).toBe("shop: as declared");
});

test("JSON for programs", () => {
  expect(JSON.parse(asJson(mesh, [at(Layer.Runs, "w: x")]))).toEqual({
    mesh: "shop",
    verdict: "drift",
    findings: [
      {
        kind: "drift",
        where: "w: x",
        expected: "good",
        found: "bad",
        remedy: "look there",
        mends: [],
        follows: false,
        line: "w: x: expected good, found bad; look there",
      },
    ],
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
