import { emptied, moved, type State } from "../../terraform/state-content";

const state = (serial: number, ...types: string[]): State => ({
  version: 4,
  serial,
  lineage: "ours",
  resources: types.map((type) => ({ type, name: type })),
});

test("a state moves as it is, one serial on", () => {
  const before = state(7, "null_resource", "local_file");
  expect(moved(before, undefined, "mesh", "pg")).toEqual({ ...before, serial: 8 });
});

test("files for review stay behind where runs begin in an empty folder", () => {
  const { resources } = moved(state(7, "null_resource", "local_file"), undefined, "mesh", "cloud");
  expect(resources).toEqual([{ type: "null_resource", name: "null_resource" }]);
});

test("back to a place that was emptied: newer than what is left there, and of its lineage", () => {
  const left = { ...emptied(state(20, "null_resource")), lineage: "theirs" };
  expect(left).toMatchObject({ serial: 21, resources: [] });
  expect(moved(state(9, "null_resource"), left, "mesh", "local")).toMatchObject({ serial: 22, lineage: "theirs" });
});

test("a state that is there already is not written over", () => {
  expect(() => moved(state(7, "null_resource"), state(3, "null_resource", "local_file"), "mesh", "pg")).toThrow(
    "pg has a state of mesh already, with 2 resources. Nothing of mesh was moved.",
  );
});
