/** A workload's own token may write its registration: each field that decides where calls go is compared. */
import { placeText } from "../../findings";
import { findingsOn } from "../support/doctor";

const fix = [{ stack: "mesh", replace: "null_resource.instance_frontend_worker1" }];
const elsewhere = { Address: "10.66.6.6", Port: 1 };
const open = {
  DestinationType: "service",
  DestinationName: "backend",
  LocalBindAddress: "0.0.0.0",
  LocalBindPort: 5000,
};

test.each<[changes: object, at: string, found: string]>([
  [{ Address: "10.66.6.6" }, "Address", '"10.66.6.6"'],
  [{ TaggedAddresses: { lan: elsewhere } }, "TaggedAddresses", '{"lan":{"Address":"10.66.6.6","Port":1}}'],
  [{ SocketPath: "/tmp/mine" }, "SocketPath", '"/tmp/mine"'],
  [{ Tags: ["canary"] }, "Tags", '["canary"]'],
  [{ EnableTagOverride: true }, "EnableTagOverride", "true"],
  [{ Meta: { "gatehouse-mesh": "shop", version: "2" } }, "Meta.version", '"2"'],
])("of a service: %j", (changes, at, found) => {
  const findings = findingsOn("worker1", (report) => Object.assign(report.services![0]!.Rest, changes));
  expect(findings.map(({ where }) => placeText(where))).toEqual([`worker1: registration frontend ${at}`]);
  expect(findings[0]).toMatchObject({
    ...{ severity: "problem", found, fix },
    why: expect.stringMatching(/^the token of frontend may write its registration.* npm run rotate -- frontend$/),
  });
});

test.each<[changes: object, at: string, found: string]>([
  [{ Config: { envoy_public_listener_json: "{}" } }, "Config", '{"envoy_public_listener_json":"{}"}'],
  [{ LocalServiceAddress: "10.66.6.6" }, "LocalServiceAddress", '"10.66.6.6"'],
  [{ LocalServicePort: 1 }, "LocalServicePort", "1"],
  [{ Upstreams: [open] }, "Upstreams[0].LocalBindAddress", '"0.0.0.0"'],
  [{ Expose: { Paths: [{ Path: "/" }] } }, "Expose", '{"Paths":[{"Path":"/"}]}'],
])("of a sidecar: %j", (changes, at, found) => {
  const findings = findingsOn("worker1", (report) => Object.assign(report.services![1]!.Rest.Proxy as object, changes));
  expect(findings.map(({ where }) => placeText(where))).toEqual([
    `worker1: registration frontend-sidecar-proxy Proxy.${at}`,
  ]);
  expect(findings[0]).toMatchObject({ severity: "problem", found, fix });
});

test("what Consul's agent adds from service-defaults is no difference", () => {
  const findings = findingsOn("worker1", (report) => {
    const proxy = report.services![1]!.Rest.Proxy as { Upstreams: object[] };
    const passive_health_check = { BaseEjectionTime: 3_000_000_000 };
    Object.assign(proxy, { Config: { protocol: "http", max_inbound_connections: 5 }, Mode: "direct" });
    Object.assign(proxy.Upstreams[0]!, { Config: { passive_health_check }, MeshGateway: { Mode: "local" } });
  });
  expect(findings).toEqual([]);
});
