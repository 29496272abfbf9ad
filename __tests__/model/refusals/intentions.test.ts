import { type Row, refuses } from "../../support/refusals";
import type { Draft } from "../../support/shop";

const http = { methods: ["GET"] };

describe("intentions", () => {
  const intend =
    (...list: Draft[]) =>
    (d: Draft) =>
      (d.intentions = list);
  const allow = (source: string, destination: string) => intend({ source, destination, action: "allow" });
  // biome-ignore format: a table reads by rows
  refuses([
    ["no source", intend({ destination: "backend", action: "allow" }), "intentions[0].source", "nothing", /missing/, /service or gateway/],
    ["an unknown field", intend({ source: "frontend", destination: "backend", actoin: "allow", action: "deny" }), "intentions[0].actoin", '"allow"', /no field/, /did you mean `action`/],
    ["an unknown source", allow("fronted", "backend"), "intentions[0].source", '"fronted"', /no service or gateway `fronted`/, /did you mean `frontend`/],
    ["a gateway as source, misspelt", allow("egde", "backend"), "intentions[0].source", '"egde"', /no service or gateway `egde`/, /did you mean `edge`.*, edge$/],
    ["an unknown destination", allow("frontend", "backed"), "intentions[0].destination", '"backed"', /no service `backed`/, /did you mean `backend`/],
    ["a part of a wildcard", allow("front*", "backend"), "intentions[0].source", '"front*"', /no service or gateway/, /frontend/],
    ["a gateway as destination", allow("frontend", "edge"), "intentions[0].destination", '"edge"', /is a gateway/, /service behind it/],
    ["everyone to everyone", allow("*", "*"), "intentions[0]", '"* -> *"', /Gatehouse's own entry/, /name a source or a destination/],
    ["one pair twice", intend({ source: "store", destination: "backend", action: "allow" }, { source: "store", destination: "backend", action: "deny" }), "intentions[1]", '"store -> backend"', /intentions\[0\] is about the same/, /merge/],
    ["neither action nor permissions", intend({ source: "frontend", destination: "backend" }), "intentions[0].action", "nothing", /not said what/, /`action`.*`permissions`/],
    ["action and permissions", intend({ source: "frontend", destination: "backend", action: "allow", permissions: [{ action: "allow", http }] }), "intentions[0].action", '"allow"', /exclude each other/, /`action`.*`permissions`/],
    ["no permission", intend({ source: "frontend", destination: "backend", permissions: [] }), "intentions[0].permissions", "[]", /empty/, /`action`.*`permissions`/],
    ["an unknown action", intend({ source: "frontend", destination: "backend", action: "alow" }), "intentions[0].action", '"alow"', /only `allow` or `deny`/, /did you mean `allow`/],
    ["permissions on tcp", intend({ source: "frontend", destination: "store", permissions: [{ action: "allow", http }] }), "intentions[0].permissions", /GET/, /`store` speaks tcp \(services.store.protocol\)/, /use `action`/],
    ["permissions on *", intend({ source: "frontend", destination: "*", permissions: [{ action: "allow", http }] }), "intentions[0].permissions", /GET/, /no permissions where the destination is `\*`/, /use `action`/],
  ]);
});

describe("permissions", () => {
  const path = "intentions[0].permissions[0].http";
  const permit = (match: Draft) => (d: Draft) => {
    d.intentions = [{ source: "frontend", destination: "backend", permissions: [{ action: "allow", http: match }] }];
  };
  const header = (match: Draft) => permit({ header: [{ name: "x-a", ...match }] });
  const regex = (value: string, reason: RegExp): Row => [
    `regex ${value}`,
    permit({ pathRegex: value }),
    `${path}.pathRegex`,
    JSON.stringify(value),
    reason,
    /RE2/,
  ];
  // biome-ignore format: a table reads by rows
  refuses([
    ["no http", (d) => { permit({})(d); delete d.intentions[0].permissions[0].http; }, path, "nothing", /missing/, /pathPrefix/],
    ["an unknown field", permit({ path: "/" }), `${path}.path`, '"/"', /no field `path`/, /remove it/],
    ["nothing to match", permit({}), path, "{}", /nothing is said to match/, /pathPrefix: "\/"/],
    ["an empty list of methods only", permit({ methods: [] }), path, '{"methods":[]}', /nothing is said to match/, /pathPrefix/],
    ["two path fields", permit({ pathExact: "/a", pathPrefix: "/b" }), path, /pathExact/, /pathExact and pathPrefix exclude/, /keep one/],
    ["a path without slash", permit({ pathPrefix: "a" }), `${path}.pathPrefix`, '"a"', /begin with `\/`/, /request/],
    ["an exact path without slash", permit({ pathExact: "a" }), `${path}.pathExact`, '"a"', /begin with `\/`/, /request/],
    ["a method in lower case", permit({ methods: ["get"] }), `${path}.methods[0]`, '"get"', /only `GET`/, /did you mean `GET`/],
    ["no method", permit({ methods: ["FETCH"] }), `${path}.methods[0]`, '"FETCH"', /only `GET`/, /upper case/],
    ["a method twice", permit({ methods: ["GET", "PUT", "GET"] }), `${path}.methods[2]`, '"GET"', /in the list already/, /remove it/],
    regex("", /empty/),
    regex("/(", /not a regular expression/),
    regex("/a(?=b)", /looks ahead/),
    regex("/(?<!a)b", /looks ahead or behind/),
    regex("/(a)\\1", /refers back/),
    regex("/(?<n>a)\\k<n>", /refers back/),
    ["a header without name", permit({ header: [{ exact: "a" }] }), `${path}.header[0].name`, "nothing", /missing/, /x-tenant/],
    ["a header's name with a space", permit({ header: [{ name: "x a", exact: "a" }] }), `${path}.header[0].name`, '"x a"', /not a name/, /x-tenant/],
    ["a header without match", header({}), `${path}.header[0]`, '{"name":"x-a"}', /not said how/, /exactly one of `present`/],
    ["a header with two matches", header({ exact: "a", prefix: "b" }), `${path}.header[0]`, /x-a/, /exact and prefix exclude/, /exactly one/],
    ["an empty match", header({ exact: "" }), `${path}.header[0].exact`, '""', /empty/, /fill it in/],
    ["ignoreCase with regex", header({ regex: "a", ignoreCase: true }), `${path}.header[0].ignoreCase`, "true", /only/, /\(\?i\)/],
    ["ignoreCase with present", header({ present: true, ignoreCase: true }), `${path}.header[0].ignoreCase`, "true", /only/, /remove it/],
  ]);
});
