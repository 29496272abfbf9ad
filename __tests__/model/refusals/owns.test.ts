import { refuses } from "../../support/refusals";
import { edited, meshOf, problemsOf } from "../../support/shop";

const existing = (d: { consul: object }) => Object.assign(d.consul, { existing: true });

// biome-ignore format: one row a line
describe("an entry for everyone is refused:", () => {
  refuses([
    ["owned where Gatehouse sets up Consul", (d) => (d.consul.owns = ["default-deny"]), "consul.owns", '["default-deny"]', /owns these entries anyway/, /`existing: true`/],
    ["owned where existing is false", (d) => Object.assign(d.consul, { existing: false, owns: [] }), "consul.owns", "[]", /owns these entries anyway/, /remove it/],
    ["a port of agents that are not Gatehouse's", (d) => { existing(d); d.consul.openDns = false; }, "consul.openDns", "false", /were there before/, /configure those agents/],
    ["another one", (d) => { existing(d); d.consul.wanGossip = true; }, "consul.wanGossip", "true", /were there before/, /remove it/],
    ["of an unknown name", (d) => Object.assign(d.consul, { existing: true, owns: ["all"] }), "consul.owns[0]", '"all"', /./, /`proxy-defaults`, `default-deny` or `mesh`/],
    ["no list", (d) => Object.assign(d.consul, { existing: true, owns: "default-deny" }), "consul.owns", '"default-deny"', /./, /write a list/],
    ["proxy-defaults that others may use", (d) => { existing(d); d.configEntries = [{ kind: "proxy-defaults", name: "global" }]; }, "configEntries[0].kind", '"proxy-defaults"', /does not own it/, /`owns: \["proxy-defaults"\]`/],
    ["proxy-defaults that are derived", (d) => { Object.assign(existing(d), { owns: ["proxy-defaults"] }); d.configEntries = [{ kind: "proxy-defaults", name: "global" }]; }, "configEntries[0].kind", '"proxy-defaults"', /Gatehouse derives/, /remove it/],
    ["a mesh entry that others may use", (d) => { existing(d); d.configEntries = [{ kind: "mesh", name: "mesh" }]; }, "configEntries[0].name", '"mesh"', /does not own it/, /`owns: \["mesh"\]`/],
    ["an entry for * that others may use", (d) => { existing(d); d.configEntries = [{ kind: "service-intentions", name: "*" }]; }, "configEntries[0].name", '"*"', /does not own it/, /`owns: \["default-deny"\]`/],
    ["an intention on *", (d) => { existing(d); d.intentions = [{ source: "frontend", destination: "*", action: "allow" }]; }, "intentions[0].destination", '"*"', /does not own it/, /`owns: \["default-deny"\]`/],
    ["an intention from * to *", (d) => { existing(d); d.intentions = [{ source: "*", destination: "*", action: "deny" }]; }, "intentions[0].destination", '"*"', /does not own it/, /`owns: \["default-deny"\]`/],
  ]);
});

const entriesOf = (owns?: string[]) =>
  meshOf(edited((d) => Object.assign(d.consul, { existing: true, ...(owns && { owns }) }))).configEntries.map(
    ({ kind, name }) => `${kind}/${name}`,
  );

test("of the entries for everyone only the owned ones are derived where Consul was there before", () => {
  const forEveryone = ["proxy-defaults/global", "service-intentions/*"];
  const derived = (owns?: string[]) => entriesOf(owns).filter((entry) => forEveryone.includes(entry));
  expect(derived()).toEqual([]);
  expect(derived(["default-deny"])).toEqual(["service-intentions/*"]);
  expect(derived(["proxy-defaults", "default-deny", "default-deny"])).toEqual(forEveryone);
  expect(entriesOf()).toContain("service-defaults/frontend");
});

test("an owned intention on * may be added to", () => {
  const adding = edited((d) => {
    Object.assign(d.consul, { existing: true, owns: ["default-deny"] });
    d.intentions = [{ source: "frontend", destination: "*", action: "allow" }];
  });
  expect(problemsOf(adding)).toEqual([]);
});
