import { compareCatalogue } from "../../doctor/catalogue";
import { drift, Layer } from "../../doctor/causes";
import { compareEntries } from "../../doctor/entries";
import { asText } from "../../doctor/show";
import { doctorJson, type Finding, placeText } from "../../findings";
import { findingsOn, mesh } from "../support/doctor";
import { control, evil, hostile, lastWord } from "../support/terminal";

const findingOf = (words: string): Finding => ({
  ...drift(Layer.Runs, { on: words, what: words }, { expected: words, found: words, remedy: words }),
});

test("the doctor's text and JSON hold no control character of a finding", () => {
  const all = [{}, { blind: true as const }, { severity: "note" as const }].map((more) => ({
    ...findingOf(hostile),
    ...more,
  }));
  expect(asText(mesh, all)).toContain("a[2Jb31mcdef");
  expect(asText(mesh, all)).not.toMatch(control);
  expect(asText(mesh, [findingOf("two\nlines")]).split("\n")).toHaveLength(5);
  expect(doctorJson(mesh.name, all)).not.toMatch(control);
});

describe("a remedy's command hands on what a node or Consul said as one word", () => {
  test("the ID of a registration", () => {
    const other = { ID: evil, Service: "backend", Kind: "", Port: 25, Of: "", Mesh: "", Upstreams: [], Rest: {} };
    const [finding] = findingsOn("worker1", (report) => report.services?.push(other));
    expect(lastWord(finding?.remedy, "consul services deregister -id=")).toBe(evil);
  });

  test("an ID of the catalogue", () => {
    const nodes = [{ Node: { Node: "old" }, Services: [{ ID: evil, Service: "backend" }] }];
    const [finding] = compareCatalogue(mesh, nodes, new Set());
    expect(lastWord(finding?.remedy, "consul services deregister -id=")).toBe(evil);
  });

  test("the kind and name of a config entry", () => {
    const [finding] = compareEntries(mesh, [{ Kind: "k;k", Name: evil, Meta: { "gatehouse-mesh": mesh.name } }]).filter(
      ({ where }) => /k;k/.test(placeText(where)),
    );
    expect(lastWord(finding?.remedy, "consul config delete ")).toBe(`-kind k;k -name ${evil}`);
  });
});
