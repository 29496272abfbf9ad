import { refuses } from "../../support/refusals";
import { type Draft, edited, meshOf } from "../../support/shop";

const at = "configEntries[0]";
const entries =
  (...list: Draft[]) =>
  (d: Draft) =>
    (d.configEntries = list);

describe("config entries", () => {
  // biome-ignore format: a table reads by rows
  refuses([
    ["no kind", entries({ name: "mesh" }), `${at}.kind`, "nothing", /missing/, /service-router/],
    ["no name", entries({ kind: "mesh" }), `${at}.name`, "nothing", /missing/, /name/],
    ["an unknown kind", entries({ kind: "service-routr", name: "frontend" }), `${at}.kind`, '"service-routr"', /no such kind/, /did you mean `service-router`/],
    ["Kubernetes' spelling of a kind", entries({ kind: "ServiceSplitter", name: "frontend" }), `${at}.kind`, '"ServiceSplitter"', /no such kind/, /did you mean `service-splitter`/],
    ["proxy-defaults", entries({ kind: "proxy-defaults", name: "global", config: { protocol: "http2" } }), `${at}.kind`, '"proxy-defaults"', /derives the only/, /remove it/],
    ["a route of an API gateway", entries({ kind: "http-route", name: "web", parents: [] }), `${at}.kind`, '"http-route"', /only an API gateway reads .* do nothing/, /service-router/],
    ["a terminating gateway", entries({ kind: "terminating-gateway", name: "out", services: [] }), `${at}.kind`, '"terminating-gateway"', /runs none/, /past its sidecar/],
    ["bound-api-gateway", entries({ kind: "bound-api-gateway", name: "a" }), `${at}.kind`, '"bound-api-gateway"', /writes these entries itself/, /api-gateway/],
    ["service-defaults of a service", entries({ kind: "service-defaults", name: "backend", protocol: "http" }), `${at}.name`, '"backend"', /derives this entry from services.backend/, /services.backend.protocol/],
    ["ingress-gateway of a gateway", entries({ kind: "ingress-gateway", name: "edge", listeners: [] }), `${at}.name`, '"edge"', /derives this entry from gateways.edge/, /listeners there/],
    ["service-intentions of a service", entries({ kind: "service-intentions", name: "store", sources: [] }), `${at}.name`, '"store"', /derives this entry/, /use `intentions`/],
    ["service-intentions of *", entries({ kind: "service-intentions", name: "*", sources: [] }), `${at}.name`, '"*"', /derives this entry/, /use `intentions`/],
    ["two of one kind and name", entries({ kind: "mesh", name: "mesh" }, { kind: "mesh", name: "mesh" }), "configEntries[1].name", '"mesh"', /configEntries\[0\] is a mesh named `mesh` already/, /merge/],
    ["two routers", entries({ kind: "service-router", name: "frontend", routes: [] }, { kind: "service-router", name: "frontend", routes: [] }), "configEntries[1].name", '"frontend"', /already/, /merge/],
    ["a bad name", entries({ kind: "service-defaults", name: "a b" }), `${at}.name`, '"a b"', /white space/, /a-z, 0-9/],
    ["kind mesh under another name", entries({ kind: "mesh", name: "global" }), `${at}.name`, '"global"', /named `mesh`/, /name: "mesh"/],
    ["a key in snake_case", entries({ kind: "mesh", name: "mesh", transparent_proxy: {} }), `${at}.transparent_proxy`, "{}", /dropped in silence/, /write `transparentProxy`/],
    ["a key in PascalCase", entries({ kind: "mesh", name: "mesh", TLS: {} }), `${at}.TLS`, "{}", /camelCase/, /write `tls`/],
    ["a key deep inside", entries({ kind: "mesh", name: "mesh", tls: { incoming: [{ TLSMinVersion: "x" }] } }), `${at}.tls.incoming[0].TLSMinVersion`, '"x"', /camelCase/, /write `tlsMinVersion`/],
    ["the mark in Meta", entries({ kind: "mesh", name: "mesh", meta: { team: "a", "gatehouse-mesh": "b" } }), `${at}.meta.gatehouse-mesh`, '"b"', /which mesh an entry belongs to/, /another key/],
    ["a function", entries({ kind: "mesh", name: "mesh", http: { a: () => 1 } }), `${at}.http.a`, "a function", /no JSON/, /lists or objects/],
    ["Infinity", entries({ kind: "mesh", name: "mesh", http: { a: Infinity } }), `${at}.http.a`, "Infinity", /no JSON/, /numbers/],
    ["a noncharacter in opaque config", entries({ kind: "service-defaults", name: "x", config: { a: ["\ufdd0"] } }), `${at}.config.a[0]`, /^".*"$/, /U\+FDD0/, /remove it/],
    ["half a surrogate pair in opaque config", entries({ kind: "service-defaults", name: "x", config: { a: "\ud800" } }), `${at}.config.a`, /ud800/, /surrogate/, /remove it/],
    ["a key that is not NFC", entries({ kind: "service-defaults", name: "x", config: { "e\u0301": 1 } }), `${at}.config["e\u0301"]`, /^"e/, /NFC/, /one character/],
    ["a Date in opaque config", entries({ kind: "service-defaults", name: "x", config: { a: new Date(0) } }), `${at}.config.a`, "a Date", /no JSON/, /text/],
  ]);
});

describe("service-router", () => {
  const router = (...routes: Draft[]) => entries({ kind: "service-router", name: "frontend", routes });
  const match = (http: Draft) => router({ match: { http } });
  const to = (destination: Draft, http?: Draft) => router({ match: http && { http }, destination });
  const route = `${at}.routes[0]`;
  // biome-ignore format: a table reads by rows
  refuses([
    ["of an unknown service", entries({ kind: "service-router", name: "fronted", routes: [] }), `${at}.name`, '"fronted"', /no service/, /did you mean `frontend`/],
    ["of a tcp service", entries({ kind: "service-router", name: "store", routes: [] }), `${at}.kind`, '"service-router"', /`store` speaks tcp/, /http/],
    ["without routes", entries({ kind: "service-router", name: "frontend" }), `${at}.routes`, "nothing", /missing/, /list of routes/],
    ["an unknown field", entries({ kind: "service-router", name: "frontend", routs: [], routes: [] }), `${at}.routs`, "[]", /no field/, /did you mean `routes`/],
    ["a field in snake_case", match({ path_prefix: "/" }), `${route}.match.http.path_prefix`, '"/"', /no field/, /did you mean `pathPrefix`/],
    ["an unknown destination", to({ service: "backnd" }), `${route}.destination.service`, '"backnd"', /no service/, /did you mean `backend`/],
    ["a destination of another protocol", to({ service: "store" }), `${route}.destination.service`, '"store"', /`frontend` speaks http and `store` speaks tcp/, /one protocol/],
    ["an unknown subset", to({ service: "backend", serviceSubset: "v2" }), `${route}.destination.serviceSubset`, '"v2"', /no subset `v2`/, /service-resolver named `backend`/],
    ["two path fields", match({ pathExact: "/a", pathRegex: "/b" }), `${route}.match.http`, /pathExact/, /exclude/, /keep one/],
    ["a path without slash", match({ pathPrefix: "api" }), `${route}.match.http.pathPrefix`, '"api"', /begin with/, /request/],
    ["a bad regex", match({ pathRegex: "(" }), `${route}.match.http.pathRegex`, '"("', /not a regular/, /RE2/],
    ["a method in lower case", match({ methods: ["post"] }), `${route}.match.http.methods[0]`, '"post"', /only/, /did you mean `POST`/],
    ["a header without match", match({ header: [{ name: "x" }] }), `${route}.match.http.header[0]`, /x/, /not said how/, /exactly one/],
    ["a query parameter with two matches", match({ queryParam: [{ name: "x", present: true, exact: "y" }] }), `${route}.match.http.queryParam[0]`, /x/, /exclude/, /exactly one/],
    ["a rewrite of nothing", to({ prefixRewrite: "/" }), `${route}.destination.prefixRewrite`, '"/"', /no matched path/, /pathPrefix/],
    ["an unknown retry condition", to({ retryOn: ["6xx"] }), `${route}.destination.retryOn[0]`, '"6xx"', /only `5xx`/, /did you mean `5xx`/],
    ["a bad timeout", to({ requestTimeout: "soon" }), `${route}.destination.requestTimeout`, '"soon"', /length of time/, /15s/],
    ["half a retry", to({ numRetries: 1.5 }), `${route}.destination.numRetries`, "1.5", /out of range/, /whole number/],
    ["no status code", to({ retryOnStatusCodes: [5] }), `${route}.destination.retryOnStatusCodes[0]`, "5", /out of range/, /100 to 599/],
  ]);
});

describe("service-splitter", () => {
  const splitter = (...splits: Draft[]) => entries({ kind: "service-splitter", name: "backend", splits });
  // biome-ignore format: a table reads by rows
  refuses([
    ["weights below 100", splitter({ weight: 50 }, { weight: 40, service: "frontend" }), `${at}.splits`, "[50,40]", /add up to 90/, /100/],
    ["no splits", splitter(), `${at}.splits`, "[]", /add up to 0/, /100/],
    ["a negative weight", splitter({ weight: -1 }), `${at}.splits[0].weight`, "-1", /share in percent/, /0 to 100/],
    ["a weight too fine", splitter({ weight: 99.999 }), `${at}.splits[0].weight`, "99.999", /rounds/, /two decimals/],
    ["no weight", splitter({ service: "frontend" }), `${at}.splits[0].weight`, "nothing", /missing/, /percent/],
    ["an unknown service", splitter({ weight: 100, service: "backnd" }), `${at}.splits[0].service`, '"backnd"', /no service/, /did you mean `backend`/],
    ["a service of another protocol", splitter({ weight: 100, service: "store" }), `${at}.splits[0].service`, '"store"', /speaks tcp/, /one protocol/],
    ["an unknown subset", splitter({ weight: 100, serviceSubset: "v2" }), `${at}.splits[0].serviceSubset`, '"v2"', /no subset/, /declare it/],
    ["one place twice", splitter({ weight: 50 }, { weight: 50, service: "backend" }), `${at}.splits[1]`, /50/, /same place/, /add its weight/],
    ["of a tcp service", entries({ kind: "service-splitter", name: "store", splits: [{ weight: 100 }] }), `${at}.kind`, '"service-splitter"', /speaks tcp/, /http/],
    ["a circle", entries(
      { kind: "service-splitter", name: "frontend", splits: [{ weight: 100, service: "backend" }] },
      { kind: "service-splitter", name: "backend", splits: [{ weight: 100, service: "frontend" }] },
    ), at, '"frontend -> backend"', /never arrive/, /no such entry/],
  ]);
});

describe("service-resolver", () => {
  const resolver = (fields: Draft) => entries({ kind: "service-resolver", name: "backend", ...fields });
  const balance = (loadBalancer: Draft) => resolver({ loadBalancer });
  const subsets = { v1: { filter: "Service.Address == v1" } };
  // biome-ignore format: a table reads by rows
  refuses([
    ["an unknown field", resolver({ subset: {} }), `${at}.subset`, "{}", /no field/, /did you mean `subsets`/],
    ["a subset's name", resolver({ subsets: { V_1: {} } }), `${at}.subsets.V_1`, '"V_1"', /upper-case/, /a-z, 0-9/],
    ["a subset that no instance can match", (d) => {
      Object.assign(d.services.backend, { meta: { version: "1" }, runsOn: [{ node: "worker2", tags: ["a"] }] });
      resolver({ subsets: { two: { filter: 'Service.Meta.version == "2"' }, tagged: { filter: "a in Service.Tags" }, here: { filter: "Node.Node == worker2" } } })(d);
    }, `${at}.subsets.two.filter`, /version/, /no instance of `backend`.*503/, /runsOn: \[{ node: "worker2"/],
    ["an unknown default subset", resolver({ subsets, defaultSubset: "v2" }), `${at}.defaultSubset`, '"v2"', /no subset `v2`/, /`v1`/],
    ["a redirect nowhere", resolver({ redirect: {} }), `${at}.redirect`, "{}", /not said where/, /`service`/],
    ["a redirect to an unknown service", resolver({ redirect: { service: "stor" } }), `${at}.redirect.service`, '"stor"', /no service/, /did you mean `store`/],
    ["redirects in a circle", entries(
      { kind: "service-resolver", name: "backend", redirect: { service: "frontend" } },
      { kind: "service-resolver", name: "frontend", redirect: { service: "backend" } },
    ), at, '"backend -> frontend"', /never arrive/, /no such entry/],
    ["a redirect to a subset of no service", resolver({ subsets, redirect: { serviceSubset: "v1" } }), `${at}.redirect`, /v1/, /needs a `service`/, /name the `service`/],
    ["redirect and failover", resolver({ redirect: { service: "frontend" }, failover: { "*": { service: "frontend" } } }), `${at}.redirect`, /frontend/, /exclude each other/, /keep one/],
    ["a redirect to a peer's subset", resolver({ redirect: { service: "x", peer: "p", serviceSubset: "v1" } }), `${at}.redirect`, /peer/, /`peer` and `serviceSubset` exclude/, /keep one/],
    ["failover of an unknown subset", resolver({ failover: { v9: { service: "frontend" } } }), `${at}.failover.v9`, '"v9"', /no subset `v9`/, /declare it/],
    ["failover nowhere", resolver({ failover: { "*": {} } }), `${at}.failover["*"]`, "{}", /not said where/, /`targets`/],
    ["failover to an unknown service", resolver({ failover: { "*": { service: "stor" } } }), `${at}.failover["*"].service`, '"stor"', /no service/, /did you mean `store`/],
    ["a failover target of another protocol", resolver({ failover: { "*": { targets: [{ service: "store" }] } } }), `${at}.failover["*"].targets[0].service`, '"store"', /speaks tcp/, /one protocol/],
    ["failover with targets and service", resolver({ failover: { "*": { service: "frontend", targets: [] } } }), `${at}.failover["*"]`, /frontend/, /`targets` and `service` exclude/, /keep one/],
    ["a failover target in a peer's datacenter", resolver({ failover: { "*": { targets: [{ peer: "p", datacenter: "dc2" }] } } }), `${at}.failover["*"]`, /dc2/, /targets\[0\] `peer` and `datacenter`/, /keep one/],
    ["an unknown balancing policy", balance({ policy: "ringhash" }), `${at}.loadBalancer.policy`, '"ringhash"', /only/, /did you mean `ring_hash`/],
    ["a ring without its policy", balance({ policy: "random", ringHashConfig: {} }), `${at}.loadBalancer.ringHashConfig`, "{}", /policy `ring_hash`/, /change `policy`/],
    ["hash policies without hashing", balance({ hashPolicies: [] }), `${at}.loadBalancer.hashPolicies`, "[]", /`ring_hash` or `maglev`/, /change `policy`/],
    ["a hash policy of two things", balance({ policy: "maglev", hashPolicies: [{ sourceIP: true, field: "header" }] }), `${at}.loadBalancer.hashPolicies[0]`, /header/, /not both/, /alone/],
    ["a hash policy of half a field", balance({ policy: "maglev", hashPolicies: [{ field: "header" }] }), `${at}.loadBalancer.hashPolicies[0]`, /header/, /belong together/, /fieldValue/],
    ["a cookie for a header", balance({ policy: "maglev", hashPolicies: [{ field: "header", fieldValue: "x", cookieConfig: {} }] }), `${at}.loadBalancer.hashPolicies[0]`, /header/, /`cookie`/, /cookie/],
    ["a session cookie with ttl", balance({ policy: "maglev", hashPolicies: [{ field: "cookie", fieldValue: "x", cookieConfig: { session: true, ttl: "9s" } }] }), `${at}.loadBalancer.hashPolicies[0]`, /cookie/, /no `ttl`/, /remove/],
  ]);
});

test("an entry of an API gateway may be written where Consul was there before: others may run that gateway", () => {
  const mesh = meshOf(
    edited((d) => {
      Object.assign(d.consul, { existing: true });
      d.configEntries = [{ kind: "http-route", name: "web", parents: [{ kind: "api-gateway", name: "theirs" }] }];
    }),
  );
  expect(mesh.configEntries).toContainEqual(expect.objectContaining({ kind: "http-route", name: "web" }));
});
