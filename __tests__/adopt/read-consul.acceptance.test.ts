/** Reads a real Consul, and declares what a person has written there. */
import { setTimeout as sleep } from "node:timers/promises";
import { readConsul } from "../../adopt";
import { entriesOf } from "../../adopt/entries";
import { intentionsOf } from "../../adopt/intentions";
import { Remarks } from "../../adopt/remarks";
import { part } from "../../toolchain";
import { type ConsulAgent, startConsul } from "../support/consul-agent";

const DEFINITION = `
service {
  name = "web"
  id   = "web-1"
  port = 9001
  connect { sidecar_service { proxy { upstreams = [{ destination_name = "api", local_bind_port = 5000 }] } } }
}`;

let consul: ConsulAgent;
beforeAll(async () => {
  consul = await startConsul(await part("consul"), DEFINITION);
}, 900_000);
afterAll(() => consul?.stop());

test("members, registrations and settings are read", async () => {
  // The agent brings its definitions to the catalogue after a moment.
  let found = await readConsul("mine", consul.address, false);
  for (let tries = 0; tries < 100 && Object.values(found.registrations).flat().length < 3; tries++) {
    await sleep(100);
    found = await readConsul("mine", consul.address, false);
  }
  expect(found).toMatchObject({ datacenter: "dc1", tls: false, acl: false, gossipEncryption: false });
  expect(found.members).toMatchObject([{ address: "127.0.0.1", role: "server", alive: true }]);
  const [registrations = []] = Object.values(found.registrations);
  const sidecar = registrations.find(({ Kind }) => Kind === "connect-proxy");
  expect(registrations.find(({ ID }) => ID === "web-1")).toMatchObject({ Service: "web", Port: 9001 });
  expect(sidecar?.Proxy).toMatchObject({ DestinationServiceName: "web", DestinationServiceID: "web-1" });
  expect(sidecar?.Proxy?.Upstreams).toMatchObject([{ DestinationName: "api", LocalBindPort: 5000 }]);
});

test("routing and intentions that Consul gives back are declared as they were written", async () => {
  await consul.put({ Kind: "proxy-defaults", Name: "global", Config: { protocol: "http" } });
  await consul.put({
    Kind: "service-resolver",
    Name: "web",
    ConnectTimeout: "15s",
    DefaultSubset: "v1",
    Subsets: { v1: { Filter: "Service.Meta.version == 1" }, "v-2": { OnlyPassing: true } },
    Failover: { "*": { Targets: [{ Service: "api" }] } },
  });
  await consul.put({
    Kind: "service-router",
    Name: "web",
    Routes: [
      {
        Match: { HTTP: { PathPrefix: "/v2", Header: [{ Name: "x-test", Present: true }] } },
        Destination: { ServiceSubset: "v-2", RetryOnStatusCodes: [503], RequestTimeout: "3s" },
      },
    ],
  });
  const Permissions = [{ Action: "deny", HTTP: { PathExact: "/admin", Methods: ["POST"] } }];
  const Sources = [
    { Name: "api", Permissions },
    { Name: "*", Action: "deny" },
  ];
  await consul.put({ Kind: "service-intentions", Name: "web", Sources });
  const { entries } = await readConsul("mine", consul.address, false);
  expect(entriesOf(entries, ["web"])).toEqual([
    {
      kind: "service-resolver",
      name: "web",
      connectTimeout: "15s",
      defaultSubset: "v1",
      subsets: { v1: { filter: "Service.Meta.version == 1" }, "v-2": { onlyPassing: true } },
      failover: { "*": { targets: [{ service: "api" }] } },
    },
    {
      kind: "service-router",
      name: "web",
      routes: [
        {
          match: { http: { pathPrefix: "/v2", header: [{ name: "x-test", present: true }] } },
          destination: { serviceSubset: "v-2", retryOnStatusCodes: [503], requestTimeout: "3s" },
        },
      ],
    },
  ]);
  const remarks = new Remarks();
  expect(intentionsOf(entries, ["web"], new Set(["web", "api"]), () => false, remarks)).toEqual([
    {
      source: "api",
      destination: "web",
      permissions: [{ action: "deny", http: { pathExact: "/admin", methods: ["POST"] } }],
    },
    { source: "*", destination: "web", action: "deny" },
  ]);
  expect(remarks.all).toEqual([]);
});

test("a Consul that does not answer is refused with what to do", async () => {
  await expect(readConsul("mine", "127.0.0.1:1", false)).rejects.toThrow(
    /does not answer at http:.*--consul HOST:PORT/,
  );
});
