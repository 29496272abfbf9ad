import type { Facts } from "../../nodes";
import { judge } from "../../preflight/judge";
import { heads, lookAt, shop } from "../support/preflight";

const findings = (changes: Partial<Facts>, of = shop) => judge([lookAt("worker1", changes, of)], { url: "x" });
const xds = { port: 8503, tls: true, authority: "", shown: "of CN=client by CN=Agent CA", fault: "" };

test("an agent whose certificate is verified is told nothing of", () => {
  expect(findings({})).toEqual([]);
});

test.each([
  ["unsigned", "problem", "shows a certificate whose authority this node does not know: of CN=client by CN=Agent CA"],
  ["wants-certificate", "problem", "demands a client's certificate on its gRPC port 8503"],
  ["no-tls", "problem", "port 8503 of the agent does not speak TLS"],
])("%s", (fault, severity, found) => {
  const [told, ...more] = findings({ xds: { ...xds, fault } });
  expect(told).toMatchObject({ severity, where: { what: "gRPC for Envoy" }, found: expect.stringContaining(found) });
  expect(more).toEqual([]);
});

test("no gRPC port at all", () => {
  expect(heads(findings({ xds: undefined }))).toEqual(["problem: worker1: gRPC for Envoy"]);
});

test("a port without TLS is a note in a locked mesh alone", () => {
  const plain = { ...xds, port: 8502, tls: false };
  expect(heads(findings({ xds: plain }))).toEqual(["note: worker1: gRPC for Envoy"]);
  expect(findings({ xds: plain }, { ...shop, consul: { ...shop.consul, tls: false } })).toEqual([]);
});

test("Gatehouse's own agent, and a server, are not asked", () => {
  const own = { ...shop, consul: { ...shop.consul, existing: false } };
  expect(heads(findings({ xds: undefined }, own)).filter((head) => head.includes("gRPC"))).toEqual([]);
  expect(judge([lookAt("server1", { xds: undefined })], { url: "x" })).toEqual([]);
  const ofAnother = findings({ xds: undefined, agentMesh: "lab" });
  expect(heads(ofAnother).filter((head) => head.includes("gRPC"))).toEqual([]);
});

test("an API with TLS alone is told with the way out", () => {
  const agent = { status: 0, datacenter: "", nodeName: "", version: "", supportedEnvoys: [], leader: "" };
  const [told] = findings({ agent, httpsAlone: true, xds: undefined });
  expect(told?.found).toBe("the agent answers on port 8501 with TLS, and not on 127.0.0.1:8500");
  expect(told?.remedy).toContain('addresses { http = "127.0.0.1" }');
});
