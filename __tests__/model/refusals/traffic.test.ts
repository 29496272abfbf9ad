import { refuses } from "../../support/refusals";
import { edited, meshOf } from "../../support/shop";

const limits = { maxConnections: 4 };

// biome-ignore format: one row a line
describe("timeouts and limits are refused:", () => {
  refuses([
    ["no length of time", (d) => (d.services.backend.timeouts = { request: "soon" }), "services.backend.timeouts.request", '"soon"', /no|not a length of time/, /`60s`/],
    ["no time at all", (d) => (d.services.backend.timeouts = { connect: "0s" }), "services.backend.timeouts.connect", '"0s"', /whole milliseconds/, /`60s`/],
    ["longer than a day", (d) => (d.services.backend.timeouts = { request: "25h" }), "services.backend.timeouts.request", '"25h"', /longer than a day/, /`60s`/],
    ["a request where there are none", (d) => Object.assign(d.services.backend, { protocol: "tcp", timeouts: { request: "60s" } }), "services.backend.timeouts.request", '"60s"', /no requests/, /another `protocol`/],
    ["an unknown field", (d) => (d.services.backend.timeouts = { idle: "60s" }), "services.backend.timeouts.idle", '"60s"', /./, /./],
    ["calls of a service without upstreams", (d) => (d.services.backend.limits = { ...limits }), "services.backend.limits.maxConnections", "4", /the service has none/, /maxInboundConnections/],
    ["a limit of nothing", (d) => (d.services.frontend.limits = { maxConnections: 0 }), "services.frontend.limits.maxConnections", "0", /out of range/, /from 1/],
    ["more than all instances", (d) => (d.services.frontend.upstreams.backend.passiveHealthCheck = { maxEjectionPercent: 101 }), "services.frontend.upstreams.backend.passiveHealthCheck.maxEjectionPercent", "101", /out of range/, /to 100/],
    ["requests of an upstream", (d) => (d.services.frontend.upstreams.backend.timeouts = { request: "60s" }), "services.frontend.upstreams.backend.timeouts.request", '"60s"', /./, /./],
    ["what a resolver says", (d) => { d.services.backend.timeouts = { connect: "2s" }; d.configEntries = [{ kind: "service-resolver", name: "backend", connectTimeout: "3s" }]; }, "services.backend.timeouts.connect", '"2s"', /configEntries\[0\]\.connectTimeout says the same/, /keep one/],
    ["of a service whose calls go elsewhere", (d) => { d.services.backend.timeouts = { connect: "2s" }; d.configEntries = [{ kind: "service-resolver", name: "backend", redirect: { service: "frontend" } }]; }, "services.backend.timeouts.connect", '"2s"', /sends every call elsewhere/, /keep one/],
  ]);
});

const entries = (edit: Parameters<typeof edited>[0]) => meshOf(edited(edit)).configEntries;

test("a request's timeout holds in the callers' sidecars and in the service's own", () => {
  const mine = entries((d) => (d.services.backend.timeouts = { request: "1m" })).filter(
    ({ name }) => name === "backend",
  );
  expect(mine).toContainEqual(
    expect.objectContaining({
      kind: "service-defaults",
      config: expect.objectContaining({ LocalRequestTimeoutMs: 60_000 }),
    }),
  );
  expect(mine).toContainEqual(
    expect.objectContaining({ kind: "service-resolver", config: expect.objectContaining({ RequestTimeout: "1m0s" }) }),
  );
});

test("a declared resolver gets the service's timeouts, and stays one entry", () => {
  const resolvers = entries((d) => {
    d.services.backend.timeouts = { request: "1m" };
    d.configEntries = [{ kind: "service-resolver", name: "backend", connectTimeout: "3s" }];
  }).filter(({ kind }) => kind === "service-resolver");
  expect(resolvers.map(({ config }) => config)).toEqual([
    expect.objectContaining({ ConnectTimeout: "3s", RequestTimeout: "1m0s" }),
  ]);
});

test("an upstream's own limits are in addition to those for all of them", () => {
  const [mine] = entries((d) => {
    d.services.frontend.limits = { maxConnections: 4096 };
    d.services.frontend.upstreams.backend.limits = { maxPendingRequests: 2 };
  }).filter(({ kind, name }) => kind === "service-defaults" && name === "frontend");
  expect(mine!.config.UpstreamConfig).toMatchObject({
    Defaults: { Limits: { MaxConnections: 4096 } },
    Overrides: [{ Name: "backend", Limits: { MaxConnections: 4096, MaxPendingRequests: 2 } }],
  });
});

test("a service without any is written as before", () => {
  expect(entries(() => {}).filter(({ kind }) => kind === "service-resolver")).toEqual([]);
  expect(entries((d) => (d.services.backend.timeouts = {})).filter(({ kind }) => kind === "service-resolver")).toEqual(
    [],
  );
});
