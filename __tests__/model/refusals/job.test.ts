import { frontend, refuses } from "../../support/refusals";
import { type Draft, edited, meshOf, problemsOf } from "../../support/shop";

const worker = (d: Draft, fields: object = {}) =>
  (d.services.worker = { runsOn: ["worker1"], run: { command: ["/usr/bin/worker"] }, ...fields });
const health = (value: object) => (d: Draft) => worker(d, { health: value });

describe("a service without a port", () => {
  // biome-ignore format: a table reads by rows
  refuses([
    ["as upstream", (d) => { worker(d); d.services.backend.upstreams = { worker: { localPort: 5009 } }; }, "services.backend.upstreams.worker", /localPort/, /`worker` has no port \(services\.worker\.port\), so nothing can call it/, /port at which it listens on 127\.0\.0\.1 and its protocol into services\.worker, or take `worker` out/],
    ["behind a gateway", (d) => { delete frontend(d).port; delete frontend(d).health; }, "gateways.edge.listeners[0].services[0].name", '"frontend"', /`frontend` has no port/, /services\.frontend/],
    ["as destination", (d) => { worker(d); d.intentions = [{ source: "frontend", destination: "worker", action: "allow" }]; }, "intentions[0].destination", '"worker"', /has no port/, /take `worker` out/],
    ["with a router", (d) => { worker(d, { upstreams: { backend: { localPort: 5009 } } }); d.configEntries = [{ kind: "service-router", name: "worker", routes: [] }]; }, "configEntries[0].name", '"worker"', /has no port/, /take `worker` out/],
    ["in a splitter", (d) => { worker(d); d.configEntries = [{ kind: "service-splitter", name: "backend", splits: [{ weight: 50 }, { weight: 50, service: "worker" }] }]; }, "configEntries[0].splits[1].service", '"worker"', /has no port/, /take `worker` out/],
    ["as failover", (d) => { worker(d); d.configEntries = [{ kind: "service-resolver", name: "backend", failover: { "*": { service: "worker" } } }]; }, 'configEntries[0].failover["*"].service', '"worker"', /has no port/, /take `worker` out/],
    ["with a check of a page", health({ http: "/health" }), "services.worker.health.http", '"/health"', /its health is that of its process/, /`startTimeout`.*services\.worker\.port/],
    ["with a check of another port", health({ startTimeout: "1m", port: 9100 }), "services.worker.health.port", "9100", /that of its process/, /remove it/],
    ["with a check by a script", health({ script: ["/bin/true"] }), "services.worker.health.script", '["/bin/true"]', /that of its process/, /remove it/],
    ["with a start of a day", health({ startTimeout: "24h" }), "services.worker.health.startTimeout", '"24h"', /./, /3m/],
    ["with labels, which Consul does not know", (d) => worker(d, { tags: ["v1"] }), "services.worker.tags", '["v1"]', /neither a port nor upstreams/, /remove it/],
    ["with labels on a node", (d) => worker(d, { runsOn: [{ node: "worker1", meta: { a: "b" } }] }), "services.worker.runsOn[0].meta", '{"a":"b"}', /Consul does not know it/, /remove it/],
    ["that takes over", (d) => { worker(d); d.takeOver = { services: ["worker"] }; }, "takeOver.services[0]", '"worker"', /takes nothing over/, /remove its unit/],
  ]);

  test("is accepted with and without upstreams, and says no protocol", () => {
    const mesh = meshOf(
      edited((d) => {
        worker(d, { health: { startTimeout: "1m" }, upstreams: { backend: { localPort: 5009 } } });
        d.services.job = { runsOn: ["worker1", "worker2"], run: { command: ["/usr/bin/job"] } };
      }),
    );
    const of = (kind: string) => mesh.configEntries.filter((one) => one.kind === kind).map(({ name }) => name);
    expect(of("service-defaults")).toEqual(["frontend", "backend", "store", "worker"]);
    expect(
      JSON.stringify(mesh.configEntries.find(({ kind, name }) => kind === "service-intentions" && name === "backend")),
    ).toContain('"worker"');
    expect(of("service-intentions")).not.toContain("worker");
  });

  test("is led to by no listener that leads to all services", () => {
    const mesh = meshOf(
      edited((d) => {
        worker(d, { protocol: "http", upstreams: { backend: { localPort: 5009 } } });
        d.gateways.edge.listeners[0].services = [{ name: "*" }];
      }),
    );
    const entries = mesh.configEntries.filter(({ kind }) => kind === "service-intentions").map(({ name }) => name);
    expect(entries).toEqual(["*", "frontend", "backend"]);
  });

  test("may not be what a misspelt port makes of a service", () => {
    const problems = problemsOf(
      edited((d) => {
        frontend(d).prot = 9001;
        delete frontend(d).port;
      }),
    );
    expect(problems.map(({ path }) => path)).toEqual(["services.frontend.prot"]);
  });
});
