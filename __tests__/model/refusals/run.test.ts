import { frontend, type Row, refuses } from "../../support/refusals";
import type { Draft } from "../../support/shop";

describe("what runs, and its health", () => {
  const run = (field: string, value: unknown) => (d: Draft) => (frontend(d).run[field] = value);
  const command =
    (...words: string[]) =>
    (d: Draft) =>
      (frontend(d).run = { command: words });
  const secret = (value: unknown) => run("secrets", { KEY: value });
  const health = (value: unknown) => (d: Draft) => (frontend(d).health = value);
  const path = "services.frontend.health";
  const time = (value: string, reason: RegExp): Row => [
    `interval ${value}`,
    health({ tcp: true, interval: value }),
    `${path}.interval`,
    JSON.stringify(value),
    reason,
    /./,
  ];
  const limit = (field: string, value: string, reason: RegExp, remedy: RegExp): Row => [
    `${field} ${value}`,
    (d) => (frontend(d)[field] = value),
    `services.frontend.${field}`,
    JSON.stringify(value),
    reason,
    remedy,
  ];
  // biome-ignore format: a table reads by rows
  refuses([
    ["a missing binary", run("binary", "missing/web"), "services.frontend.run.binary", '"missing/web"', /no such file \(\/project\/missing\/web\)/, /is it built yet/],
    ["an unreadable binary", run("binary", "unreadable/web"), "services.frontend.run.binary", '"unreadable/web"', /cannot be read/, /executable file/],
    ["a folder as binary", run("binary", "folder/web"), "services.frontend.run.binary", '"folder/web"', /folder/, /executable file/],
    ["a binary that is not executable", run("binary", "file/web"), "services.frontend.run.binary", '"file/web"', /not executable/, /chmod \+x file\/web/],
    ["an empty binary", run("binary", ""), "services.frontend.run.binary", '""', /empty/, /fill it in/],
    ["NUL in the binary", run("binary", "a\0b"), "services.frontend.run.binary", '"a\\u0000b"', /NUL/, /remove it/],
    ["nothing to run", (d) => (frontend(d).run = {}), "services.frontend.run", "{}", /not said what to run/, /exactly one/],
    ["a binary and a command", run("command", ["/usr/bin/web"]), "services.frontend.run", /^{"binary"/, /binary and command are given/, /exactly one/],
    ["no command", command(), "services.frontend.run.command", "[]", /no command/, /full path/],
    ["a command without path", command("node", "server.js"), "services.frontend.run.command[0]", '"node"', /by its full path/, /\/usr\/bin\/node/],
    ["a command of a person's", command("/home/anna/web"), "services.frontend.run.command[0]", '"/home/anna/web"', /cannot see `\/home`/, /\/srv/],
    ["a path that goes up", command("/usr/../bin/web"), "services.frontend.run.command[0]", '"/usr/../bin/web"', /`\.\.`/, /full path/],
    ["the sum of a command", (d) => (frontend(d).run = { command: ["/usr/bin/web"], sha256: "0".repeat(64) }), "services.frontend.run.sha256", /^"0+/, /no `binary`/, /take it away/],
    ["a line break in args", run("args", ["a\nb"]), "services.frontend.run.args[0]", '"a\\nb"', /line break \(U\+000A\)/, /remove it/],
    ["NUL in args", run("args", ["ok", "\0"]), "services.frontend.run.args[1]", '"\\u0000"', /NUL/, /remove it/],
    ["escape in args", run("args", ["\u001b[31m"]), "services.frontend.run.args[0]", /u001b/, /control character \(U\+001B\)/, /remove it/],
    ["half a surrogate pair in args", run("args", ["\ud800"]), "services.frontend.run.args[0]", '"\\ud800"', /surrogate/, /remove it/],
    ["a line break in env", run("env", { A: "b\r\nc" }), "services.frontend.run.env.A", '"b\\r\\nc"', /control character \(U\+000D\)/, /remove it/],
    ["half a surrogate pair in env", run("env", { A: "\udc00" }), "services.frontend.run.env.A", '"\\udc00"', /surrogate/, /remove it/],
    ["a noncharacter in args", run("args", ["a\uffff"]), "services.frontend.run.args[0]", /^"a.*"$/, /U\+FFFF.*systemd would drop the whole line/, /remove it/],
    ["a noncharacter of another plane in env", run("env", { A: "\u{1fffe}" }), "services.frontend.run.env.A", /^".*"$/, /U\+1FFFE/, /remove it/],
    ["Consul's private character in args", run("args", ["\ue123"]), "services.frontend.run.args[0]", /^".*"$/, /U\+E123.*Consul's parser/, /remove it/],
    ["a byte order mark in env", run("env", { A: "\ufeffb" }), "services.frontend.run.env.A", '"\\ufeffb"', /byte order mark/, /remove it/],
    ["a letter and its accent apart in args", run("args", ["cafe\u0301"]), "services.frontend.run.args[0]", /cafe/, /NFC/, /normalize\("NFC"\)/],
    ["a noncharacter in a script", health({ script: ["/bin/true", "\ufffe"] }), `${path}.script[1]`, /^".*"$/, /U\+FFFE/, /remove it/],
    ["a sum that is none", run("sha256", "abc"), "services.frontend.run.sha256", '"abc"', /64 hex digits/, /sha256sum/],
    ["another binary than the declared one", run("sha256", "0".repeat(64)), "services.frontend.run.sha256", /^"0+/, /\/project\/bin\/frontend is another file: its SHA-256 is 62696e2f66726f6e74656e640+/, /who changed the binary/],
    ["the sum of a missing binary", (d) => Object.assign(frontend(d).run, { binary: "missing/web", sha256: "0".repeat(64) }), "services.frontend.run.binary", '"missing/web"', /no such file/, /is it built yet/],
    limit("memoryMax", "512MB", /not an amount of memory/, /`512M`/),
    limit("memoryMax", "512", /not an amount of memory/, /`512M`/),
    limit("memoryMax", "0.5G", /not an amount of memory/, /`512M`/),
    limit("memoryMax", "infinity", /not an amount of memory/, /`512M`/),
    limit("memoryMax", "512M\nUser=root", /not an amount of memory/, /`512M`/),
    limit("memoryMax", "4M", /less than 8M/, /`512M`/),
    limit("memoryMax", "9999999T", /no machine/, /`512M`/),
    limit("cpuQuota", "0.5", /not a share of processor time/, /`50%`/),
    limit("cpuQuota", "50", /not a share of processor time/, /`50%`/),
    limit("cpuQuota", "50%%", /not a share of processor time/, /`50%`/),
    limit("cpuQuota", "0%", /from 1%/, /`50%`/),
    limit("cpuQuota", "100001%", /from 1%/, /`50%`/),
    ["memory as a number", (d) => (frontend(d).memoryMax = 512), "services.frontend.memoryMax", "512", /a string is needed/, /`512M`/],
    ["a gateway's memory", (d) => (d.gateways.edge.memoryMax = "1GB"), "gateways.edge.memoryMax", '"1GB"', /not an amount of memory/, /`512M`/],
    ["a gateway's processor", (d) => (d.gateways.edge.cpuQuota = "all"), "gateways.edge.cpuQuota", '"all"', /not a share/, /`50%`/],
    ["a secret that is in env too", run("secrets", { LOG: { version: "1" } }), "services.frontend.run.secrets.LOG", '"LOG"', /in `env` too, where its value stands in the state/, /one of them/],
    ["an empty version", secret({ version: "" }), "services.frontend.run.secrets.KEY.version", '""', /version is empty/, /for example `"1"`/],
    ["a version with a line break", secret({ version: "1\n" }), "services.frontend.run.secrets.KEY.version", '"1\\n"', /not a version/, /1 to 64/],
    ["a version that is a number", secret({ version: 1 }), "services.frontend.run.secrets.KEY.version", "1", /string is needed/, /changes with the value/],
    ["no version", secret({}), "services.frontend.run.secrets.KEY.version", "nothing", /missing/, /changes with the value/],
    ["a secret's value in its place", secret("hunter2"), "services.frontend.run.secrets.KEY", "something (not shown)", /object is needed/, /npm run secrets/],
    ["a secret's value next to its version", secret({ version: "1", value: "hunter2" }), "services.frontend.run.secrets.KEY.value", "something (not shown)", /no field|unknown|not known/, /./],
    ["secrets as a list", run("secrets", ["hunter2"]), "services.frontend.run.secrets", "something (not shown)", /object/, /npm run secrets/],
    ["no way to check", health({ interval: "2s" }), path, '{"interval":"2s"}', /not said what to check/, /exactly one/],
    ["two ways to check", health({ http: "/", tcp: true }), path, '{"http":"/","tcp":true}', /http and tcp are given/, /exactly one/],
    ["a path without slash", health({ http: "health" }), `${path}.http`, '"health"', /begin with `\/`/, /\/health/],
    ["an empty path", health({ http: "" }), `${path}.http`, '""', /begin with/, /\/health/],
    ["a space in the path", health({ http: "/a b" }), `${path}.http`, '"/a b"', /" " in it/, /\/health/],
    ["a URL", health({ http: "http://x/" }), `${path}.http`, '"http://x/"', /begin with/, /\/health/],
    ["an empty script", health({ script: [] }), `${path}.script`, "[]", /no command/, /full path/],
    ["a command without path", health({ script: ["check"] }), `${path}.script[0]`, '"check"', /full path/, /full path/],
    ["a line break in a script", health({ script: ["/bin/sh", "a\nb"] }), `${path}.script[1]`, '"a\\nb"', /line break/, /remove it/],
    time("2", /length of time/),
    time("2 s", /length of time/),
    time("-2s", /length of time/),
    time("2d", /length of time/),
    time("", /length of time/),
    time("0s", /at least 100ms/),
    time("99ms", /at least 100ms/),
    time("25h", /at most 24h/),
    ["a bad timeout", health({ tcp: true, timeout: "soon" }), `${path}.timeout`, '"soon"', /length of time/, /`500ms` or `2s`/],
  ]);
});
