import type { MeshDeclaration } from "../../model";
import { refuses } from "../support/refusals";
import { edited, meshOf, problemsOf } from "../support/shop";

type Edit = (declaration: MeshDeclaration) => void;

const withLegacy =
  (edit: Edit = () => {}): Edit =>
  (d) => {
    d.consul.services = { legacy: { protocol: "http" } };
    edit(d);
  };
const mesh = (edit?: Edit) => meshOf(edited(withLegacy(edit)));
const sources = (of: ReturnType<typeof mesh>, name: string) =>
  of.configEntries.find((entry) => entry.kind === "service-intentions" && entry.name === name)?.config.Sources;

test("are an upstream, a route and a target of routing; nothing about them is written", () => {
  const of = mesh((d) => {
    d.services!.frontend!.upstreams!.legacy = { localPort: 5009 };
    d.gateways!.edge!.listeners[0]!.services.push({ name: "legacy", hosts: ["legacy.test"] });
    d.configEntries = [{ kind: "service-resolver", name: "backend", redirect: { service: "legacy" } }];
  });
  expect(of.configEntries.filter(({ name }) => name === "legacy")).toEqual([]);
  expect(of.instances.map(({ workload }) => workload.name)).not.toContain("legacy");
  expect(of.callsToOthers).toEqual([
    { source: "frontend", destination: "legacy" },
    { source: "edge", destination: "legacy" },
  ]);
});

test("call a service of this mesh where an intention says so", () => {
  const of = mesh((d) => {
    d.intentions = [{ source: "legacy", destination: "backend", action: "allow" }];
  });
  expect(sources(of, "backend")).toContainEqual(expect.objectContaining({ Name: "legacy", Action: "allow" }));
  expect(of.callsToOthers).toEqual([]);
});

test("their subsets are not declared here, so none is missed", () => {
  const splits = [{ weight: 100, service: "legacy", serviceSubset: "v2" }];
  expect(
    problemsOf(edited(withLegacy((d) => (d.configEntries = [{ kind: "service-splitter", name: "backend", splits }])))),
  ).toEqual([]);
});

// biome-ignore format: one row a line
describe("refused:", () => {
  refuses([
    ["a service of this mesh", (d) => (d.consul.services = { backend: { protocol: "http" } }), "consul.services.backend", '"backend"', /this mesh runs it itself \(services\.backend\)/, /remove it here/],
    ["a gateway of this mesh", (d) => (d.consul.services = { edge: { protocol: "http" } }), "consul.services.edge", '"edge"', /gateways\.edge/, /remove it here/],
    ["a name that Consul does not take", (d) => (d.consul.services = { "a b": { protocol: "http" } }), 'consul.services["a b"]', '"a b"', /white space/, /./],
    ["no protocol", (d) => ((d.consul.services as object) = { legacy: {} }), "consul.services.legacy.protocol", "nothing", /./, /`http`/],
    ["an intention for one of them", withLegacy((d) => (d.intentions = [{ source: "frontend", destination: "legacy", action: "allow" }])), "intentions[0].destination", '"legacy"', /others run `legacy`/, /have whoever runs `legacy` allow the call/],
    ["their service-resolver", withLegacy((d) => (d.configEntries = [{ kind: "service-resolver", name: "legacy" }])), "configEntries[0].name", '"legacy"', /its entries are theirs/, /whoever runs it/],
    ["their service-defaults", withLegacy((d) => (d.configEntries = [{ kind: "service-defaults", name: "legacy", protocol: "http" }])), "configEntries[0].name", '"legacy"', /its entries are theirs/, /whoever runs it/],
    ["a listener of another protocol", withLegacy((d) => { d.consul.services!.legacy!.protocol = "grpc"; d.gateways!.edge!.listeners[0]!.services.push({ name: "legacy", hosts: ["l.test"] }); }), "gateways.edge.listeners[0].services[1].name", '"legacy"', /consul\.services\.legacy\.protocol/, /./],
    ["a redirect to another protocol", withLegacy((d) => { d.consul.services!.legacy!.protocol = "tcp"; d.configEntries = [{ kind: "service-resolver", name: "backend", redirect: { service: "legacy" } }]; }), "configEntries[0].redirect.service", '"legacy"', /one protocol/, /./],
  ]);
});
