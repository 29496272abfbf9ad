import { unfinished } from "../../terraform/unfinished";
import { clusterGraph, meshGraph } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

const mesh = meshOf(declaration());
const graph = meshGraph(mesh);
const program = { provisioner: [{ "remote-exec": { inline: ["#!/bin/sh\nRESOURCE='a'\nCREATION='${self.id}'\n"] } }] };
const upload = { provisioner: [{ file: {} }] };
const document = {
  terraform: {},
  resource: {
    null_resource: { a: program, binary: upload, milestone: {}, wipe: { provisioner: [{ "remote-exec": {} }] } },
  },
};
const resource = (name: string, id: string, triggers: Record<string, string> = {}, more: object = {}) => ({
  type: "null_resource",
  name,
  instances: [{ attributes: { id, triggers: { machine: "m1", ...triggers } }, ...more }],
});
const ranOnM1 = (creations: Record<string, string>, believed = false) => ({
  m1: { creations, believed, binaries: ["sum1"] },
});

test.each([
  ["the same creation ran to its end", resource("a", "17"), ranOnM1({ a: "17" }), []],
  ["an earlier creation did", resource("a", "17"), ranOnM1({ a: "16" }), ["null_resource.a"]],
  ["the node knows of none", resource("a", "17"), ranOnM1({}), ["null_resource.a"]],
  ["an earlier version deployed it", resource("a", "17"), ranOnM1({}, true), []],
  [
    "an earlier version deployed it, and a killed deploy changed it",
    resource("a", "17"),
    ranOnM1({ a: "16" }, true),
    ["null_resource.a"],
  ],
  ["the node was not asked", resource("a", "17", { machine: "m2" }), ranOnM1({}), []],
  [
    "it is tainted: Terraform makes it again by itself",
    resource("a", "17", {}, { status: "tainted" }),
    ranOnM1({}),
    [],
  ],
  ["it is the old one, which is about to go", resource("a", "17", {}, { deposed: "x" }), ranOnM1({}), []],
  ["it is no longer declared", resource("gone", "17"), ranOnM1({}), []],
  ["it has no program", resource("milestone", "17"), ranOnM1({}), []],
  ["it has one on destroy alone", resource("wipe", "17"), ranOnM1({}), []],
  ["the binary is there", resource("binary", "17", { sha256: "sum1" }), ranOnM1({}), []],
  ["the binary is not there", resource("binary", "17", { sha256: "sum2" }), ranOnM1({}), ["null_resource.binary"]],
])("%s", (_, one, ran, addresses) => {
  expect(unfinished(document, { resources: [one] }, ran)).toEqual(addresses);
});

test("without a state there is nothing to run again", () => {
  expect(unfinished(document, undefined, ranOnM1({}))).toEqual([]);
});

test.each([
  ["mesh", graph],
  ["cluster", clusterGraph(mesh)],
])("every program of the %s stack is recorded under the name of its resource", (_, { addresses, resource: of }) => {
  const programs = addresses
    .filter((address) => address.startsWith("null_resource."))
    .flatMap((address) =>
      ((of(address).provisioner ?? []) as Record<string, { when?: string; inline?: string[] }>[])
        .map((one) => one["remote-exec"])
        .filter((exec) => exec?.when === "create" && !exec.inline?.includes("VERB='incoming'"))
        .map((exec) => [address, /^RESOURCE='(.*)'$/m.exec(exec?.inline?.join("\n") ?? "")?.[1]]),
    );
  expect(programs.length).toBeGreaterThan(4);
  for (const [address, recorded] of programs) expect(address).toBe(`null_resource.${recorded}`);
});
