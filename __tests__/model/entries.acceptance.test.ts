/** Holds the derived forms and the refusals against a real Consul. */
import { toConsul } from "../../model/config-entry/pascal-case";
import { part } from "../../toolchain";
import { type ConsulAgent, startConsul } from "../support/consul-agent";
import { type Draft, edited, meshOf, problemsOf } from "../support/shop";

jest.setTimeout(120_000);

let consul: ConsulAgent;
beforeAll(async () => {
  consul = await startConsul(await part("consul"));
}, 900_000);
afterAll(() => consul?.stop());

const put = ({ kind, name, config }: { kind: string; name: string; config: object }) =>
  consul.put({ Kind: kind, Name: name, ...config });

/** Uses every kind of entry that is derived or typed, and every field that has a form of its own. */
const rich = (d: Draft) => {
  const service = d.services.backend;
  d.services.backend2 = { ...service, port: 9012 };
  d.services.rpc = { ...service, port: 9013, protocol: "grpc" };
  service.timeouts = { connect: "2500ms", request: "1m" };
  d.services.backend2.timeouts = { request: "90s" };
  d.services.rpc.limits = { maxInboundConnections: 100 };
  d.services.frontend.limits = { maxConnections: 4096, maxPendingRequests: 10, maxInboundConnections: 5 };
  Object.assign(d.services.frontend.upstreams.backend, {
    timeouts: { connect: "2s" },
    limits: { maxConcurrentRequests: 7 },
    passiveHealthCheck: { interval: "500ms", maxFailures: 9, maxEjectionPercent: 10, baseEjectionTime: "1m" },
  });
  d.gateways.edge.listeners = [
    { port: 80, protocol: "http", services: [{ name: "*" }, { name: "frontend", hosts: ["*.example.org"] }] },
    { port: 81, protocol: "tcp", services: [{ name: "store" }] },
    { port: 82, protocol: "grpc", services: [{ name: "rpc" }] },
  ];
  d.gateways.bare = { runsOn: ["worker1"], listeners: [] };
  const header = [
    { name: "x-a", exact: "B", ignoreCase: true },
    { name: "x-b", present: true, invert: true },
    { name: "x-c", contains: "q" },
  ];
  d.intentions = [
    { source: "*", destination: "store", action: "allow" },
    { source: "store", destination: "*", action: "deny" },
    {
      source: "frontend",
      destination: "backend",
      permissions: [
        { action: "deny", http: { pathExact: "/admin" } },
        { action: "allow", http: { pathRegex: "/v[12]", methods: ["GET", "PUT"], header } },
      ],
    },
  ];
  d.configEntries = [
    { kind: "service-router", name: "frontend", routes: [] },
    {
      kind: "service-router",
      name: "backend",
      meta: { my_key: "v" },
      routes: [
        {
          match: { http: { pathPrefix: "/a", caseInsensitive: true, queryParam: [{ name: "q", present: true }] } },
          destination: {
            service: "backend2",
            serviceSubset: "v1",
            prefixRewrite: "/",
            requestTimeout: "15s",
            retryOn: ["5xx"],
            requestHeaders: { add: { "x-Some": "1" }, remove: ["y"] },
          },
        },
      ],
    },
    {
      kind: "service-splitter",
      name: "backend",
      splits: [{ weight: 90.5 }, { weight: 9.5, service: "backend2", serviceSubset: "v1" }],
    },
    { kind: "service-resolver", name: "frontend", redirect: { service: "backend2", serviceSubset: "v1" } },
    {
      kind: "service-resolver",
      name: "backend2",
      connectTimeout: "5s",
      defaultSubset: "v1",
      subsets: { v1: { filter: "Service.Port == 9002", onlyPassing: true } },
      failover: { "*": { targets: [{ service: "backend" }] } },
      loadBalancer: { policy: "ring_hash", hashPolicies: [{ sourceIP: true, terminal: true }] },
    },
    { kind: "service-defaults", name: "elsewhere", protocol: "http", mutualTLSMode: "strict" },
  ];
};

it("takes every entry in the order of the mesh, and gives back what was written", async () => {
  for (const entry of meshOf(edited(rich)).configEntries) {
    await put(entry);
    // The one entry of kind `mesh` has no name in Consul's API.
    const {
      Kind,
      Name = entry.kind === "mesh" ? "mesh" : undefined,
      ...stored
    } = (await consul.entry(entry.kind, entry.name)) ?? {};
    const { leadsTo, ...written } = entry; // for the order alone
    expect({ kind: Kind, name: Name, config: stored }).toEqual(written);
  }
});

describe("refuses as Gatehouse does", () => {
  const router = (route: Draft) => ({ kind: "service-router", name: "frontend", routes: [route] });
  const splitter = (...splits: Draft[]) => ({ kind: "service-splitter", name: "frontend", splits });
  const resolver = (fields: Draft) => ({ kind: "service-resolver", name: "frontend", ...fields });
  const balancer = (loadBalancer: Draft) => resolver({ loadBalancer });

  it.each<[string, Draft]>([
    ["a router of a tcp service", { kind: "service-router", name: "store", routes: [] }],
    ["a route to another protocol", router({ destination: { service: "store" } })],
    ["a route to an unknown subset", router({ destination: { service: "backend", serviceSubset: "v9" } })],
    ["two path fields", router({ match: { http: { pathExact: "/a", pathPrefix: "/b" } } })],
    ["a path without slash", router({ match: { http: { pathExact: "a" } } })],
    ["a header without match", router({ match: { http: { header: [{ name: "x" }] } } })],
    ["a rewrite of nothing", router({ destination: { prefixRewrite: "/" } })],
    ["an unknown retry condition", router({ destination: { retryOn: ["6xx"] } })],
    ["weights below 100", splitter({ weight: 50 })],
    ["no splits", splitter()],
    ["one place twice", splitter({ weight: 50 }, { weight: 50, service: "frontend" })],
    ["a split to another protocol", splitter({ weight: 100, service: "store" })],
    ["an unknown default subset", resolver({ defaultSubset: "v9" })],
    ["a redirect nowhere", resolver({ redirect: {} })],
    [
      "redirect and failover",
      resolver({ redirect: { service: "backend" }, failover: { "*": { service: "backend" } } }),
    ],
    ["failover nowhere", resolver({ failover: { "*": {} } })],
    ["failover of an unknown subset", resolver({ failover: { v9: { service: "backend" } } })],
    ["a ring without its policy", balancer({ policy: "random", ringHashConfig: { minimumRingSize: 1 } })],
    ["half a hash policy", balancer({ policy: "maglev", hashPolicies: [{ field: "header" }] })],
  ])("%s", async (_what, entry) => {
    await refused(entry);
  });

  it("splitters and redirects in a circle", async () => {
    const split = (from: string, to: string) => ({
      kind: "service-splitter",
      name: from,
      splits: [{ weight: 100, service: to }],
    });
    const redirect = (from: string, to: string) => ({
      kind: "service-resolver",
      name: from,
      redirect: { service: to },
    });
    await refused(split("backend", "frontend"), split("frontend", "backend"));
    await refused(redirect("backend", "frontend"), redirect("frontend", "backend"));
  });

  /** Both refuse the last entry where the others are. */
  async function refused(...entries: Draft[]): Promise<void> {
    expect(problemsOf(edited((d) => (d.configEntries = entries)))).not.toEqual([]);
    const puts = entries.map(({ kind, name, ...fields }) => ({ kind, name, config: toConsul(fields) as object }));
    for (const entry of puts.slice(0, -1)) await put(entry);
    await expect(put(puts.at(-1) as (typeof puts)[number])).rejects.toThrow();
  }
});
