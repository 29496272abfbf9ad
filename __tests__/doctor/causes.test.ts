import { about, drift, Layer, markConsequences } from "../../doctor/causes";
import { asText } from "../../doctor/show";
import { type Finding, note, problem } from "../../findings";
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
