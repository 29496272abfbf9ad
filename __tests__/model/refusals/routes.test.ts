import { frontend, listener, type Row, refuses } from "../../support/refusals";
import type { Draft } from "../../support/shop";

describe("upstreams", () => {
  const upstream = (name: string) => (d: Draft) => (frontend(d).upstreams = { [name]: { localPort: 5000 } });
  const at = "services.frontend.upstreams";
  // biome-ignore format: a table reads by rows
  refuses([
    ["an unknown service", upstream("backnd"), `${at}.backnd`, '{"localPort":5000}', /no service `backnd`/, /did you mean `backend`/],
    ["not even a name", upstream("$(id)"), `${at}["$(id)"]`, /5000/, /no service/, /frontend, backend, store/],
    ["itself", upstream("frontend"), `${at}.frontend`, /5000/, /its own upstream/, /remove it/],
    ["a gateway", upstream("edge"), `${at}.edge`, /5000/, /is a gateway/, /service behind it/],
  ]);
});

describe("routes", () => {
  const services =
    (...list: Draft[]) =>
    (d: Draft) =>
      (listener(d).services = list);
  const hosts =
    (...list: string[]) =>
    (d: Draft) =>
      (listener(d).services[0].hosts = list);
  const at = "gateways.edge.listeners[0].services";
  const host = (value: string, reason: RegExp): Row => [
    `host ${value || "empty"}`,
    hosts("ok.example.org", value),
    `${at}[0].hosts[1]`,
    JSON.stringify(value),
    reason,
    /host name alone/,
  ];
  const tcp =
    (...list: Draft[]) =>
    (d: Draft) =>
      (d.gateways.edge.listeners = [{ port: 8080, protocol: "tcp", services: list }]);
  // biome-ignore format: a table reads by rows
  refuses([
    ["an unknown service", services({ name: "fronted" }), `${at}[0].name`, '"fronted"', /no service `fronted`/, /did you mean `frontend`/],
    ["a gateway", services({ name: "edge" }), `${at}[0].name`, '"edge"', /is a gateway/, /name a service/],
    ["no service", services(), at, "[]", /leads nowhere/, /listeners: \[\]/],
    ["http over a tcp service", services({ name: "store" }), `${at}[0].name`, '"store"', /listener's protocol is http and `store` speaks tcp \(services.store.protocol\)/, /`tcp`/],
    ["tcp over an http service", tcp({ name: "frontend" }), `${at}[0].name`, '"frontend"', /protocol is tcp and `frontend` speaks http/, /`http`/],
    ["grpc over an http service", (d) => (listener(d).protocol = "grpc"), `${at}[0].name`, '"frontend"', /grpc and `frontend` speaks http/, /`http`/],
    ["an unknown protocol", (d) => (listener(d).protocol = "https"), "gateways.edge.listeners[0].protocol", '"https"', /only/, /did you mean/],
    ["two services on tcp", (d) => { d.services.store2 = { ...d.services.store, port: 9010 }; tcp({ name: "store" }, { name: "store2" })(d); }, at, '["store","store2"]', /exactly one service/, /port of its own/],
    ["hosts on tcp", tcp({ name: "store", hosts: ["a.example.org"] }), `${at}[0].hosts`, '["a.example.org"]', /never sees a Host header/, /remove `hosts`/],
    ["* on tcp", tcp({ name: "*" }), `${at}[0].name`, '"*"', /tcp listener/, /name one service/],
    ["hosts on *", services({ name: "*", hosts: ["a.example.org"] }), `${at}[0].hosts`, '["a.example.org"]', /cannot be given for `\*`/, /remove `hosts`/],
    ["one service twice", services({ name: "frontend", hosts: ["a.org"] }, { name: "frontend", hosts: ["b.org"] }), `${at}[1].name`, '"frontend"', /already \(gateways.edge.listeners\[0\].services\[0\]\)/, /one entry/],
    ["one host twice", hosts("a.org", "A.org."), `${at}[0].hosts[1]`, '"A.org."', /already \(.*hosts\[0\]\)/, /own hosts/],
    ["one host for two services", services({ name: "frontend", hosts: ["*"] }, { name: "backend", hosts: ["*"] }), `${at}[1].hosts[0]`, '"*"', /already \(gateways.edge.listeners\[0\].services\[0\].hosts\[0\]\)/, /own hosts/],
    host("", /empty/),
    host("a.org:8080", /port/),
    host("http://a.org", /scheme/),
    host("a.org/x", /path/),
    host("a b.org", /white space/),
    host("a.*.org", /leftmost/),
    host("*a.org", /leftmost/),
    host("a.*", /leftmost/),
    host("*.", /not a host name/),
    host("a..org", /not a host name/),
    host("a,b", /not a host name/),
    host("$" + "{x}.org", /not a host name/),
  ]);
});
