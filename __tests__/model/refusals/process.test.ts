import { frontend, type Row, refuses } from "../../support/refusals";
import type { Draft } from "../../support/shop";

/** The frontend is on worker1; backend and store are on worker2, each with a process of its own. */
describe("a process that is another's", () => {
  const run = (value: object) => (d: Draft) => (frontend(d).run = value);
  const at = "services.frontend.run";
  const nginx = (more: object) => run({ unit: "nginx.service", ...more });
  const useless = (field: string, value: unknown): Row => [
    `${field} of a unit of others`,
    nginx({ [field]: value }),
    `${at}.${field}`,
    /./,
    /nginx\.service` is a unit that others own: a deploy changes nothing of it/,
    /remove it, and set it in that unit/,
  ];
  const second = (more: object) => (d: Draft) => {
    frontend(d).runsOn = ["worker2"];
    frontend(d).run = { sameProcessAs: "backend", ...more };
  };
  const twice = (field: string, value: unknown): Row => [
    `${field} and a unit of others`,
    nginx({ [field]: value }),
    `${at}.${field}`,
    /./,
    /`unit` names a process that runs already/,
    new RegExp(`keep one of \`unit\` and \`${field}\``),
  ];

  // biome-ignore format: a table reads by rows
  refuses([
    ["a unit without its ending", run({ unit: "nginx" }), `${at}.unit`, '"nginx"', /not the name of a service's unit/, /its full name, for example `nginx.service`/],
    ["a path as unit", run({ unit: "/etc/systemd/system/web.service" }), `${at}.unit`, /web/, /not the name/, /full name/],
    ["a template", run({ unit: "postgresql@.service" }), `${at}.unit`, '"postgresql@.service"', /a template, which has no process/, /`postgresql@15-main.service`/],
    ["a timer", run({ unit: "backup.timer" }), `${at}.unit`, '"backup.timer"', /not the name of a service's unit/, /full name/],
    ["a unit by number", run({ unit: 7 }), `${at}.unit`, "7", /this is a number/, /nginx.service/],
    ["the agent's unit", run({ unit: "consul.service" }), `${at}.unit`, '"consul.service"', /the node's own part of the mesh/, /a program that serves/],
    ["a unit of Gatehouse", run({ unit: "gatehouse-drain.service" }), `${at}.unit`, /drain/, /the node's own part/, /a program that serves/],
    ["another service's unit", run({ unit: "backend.service" }), `${at}.unit`, '"backend.service"', /this mesh writes that unit itself, for `backend`/, /sameProcessAs: "backend"/],
    ["another service's sidecar", run({ unit: "backend-sidecar-proxy.service" }), `${at}.unit`, /sidecar/, /this mesh writes that unit itself/, /a program that serves/],
    ["a gateway's unit", run({ unit: "edge.service" }), `${at}.unit`, '"edge.service"', /this mesh writes that unit itself, for `edge`/, /a program that serves/],
    ["a misspelt section", run({ binary: "bin/web", unit: { Servce: { Nice: "5" } } }), `${at}.unit.Servce`, /Nice/, /no field `Servce`/, /did you mean `Service`/],
    ["a number in a section", run({ binary: "bin/web", unit: { Service: { Nice: 5 } } }), `${at}.unit.Service.Nice`, "5", /none|number|form/, /text/],
    twice("binary", "bin/web"),
    twice("command", ["/usr/bin/web"]),
    twice("files", "folder/app"),
    twice("artifact", { url: "https://example.com/shop.tar.gz", sha256: "ab".repeat(32) }),
    useless("args", ["-v"]),
    useless("env", { LOG: "info" }),
    useless("secrets", { KEY: { version: "1" } }),
    useless("user", "www-data"),
    useless("group", "www-data"),
    useless("workingDirectory", "/srv/shop"),
    useless("stateDirectory", true),
    useless("purge", true),
    useless("readWritePaths", ["/srv/media"]),
    useless("limits", { memoryMax: "64M" }),
    useless("configFiles", { "app.yaml": { text: "a" } }),
    useless("reload", "SIGHUP"),
    useless("stopSignal", "SIGINT"),
    useless("stopTimeout", "5s"),
    ["a limit next to a unit of others", (d) => Object.assign(frontend(d), { run: { unit: "nginx.service" }, memoryMax: "64M" }), "services.frontend.memoryMax", '"64M"', /others own/, /set it in that unit/],
    ["a process that is not declared", run({ sameProcessAs: "none" }), `${at}.sameProcessAs`, '"none"', /no service `none`/, /declare it, or name one of: frontend, backend, store/],
    ["its own process", run({ sameProcessAs: "frontend" }), `${at}.sameProcessAs`, '"frontend"', /no second port of itself/, /another service/],
    ["a gateway's process", run({ sameProcessAs: "edge" }), `${at}.sameProcessAs`, '"edge"', /no service `edge`/, /name one of/],
    ["a process on another node", run({ sameProcessAs: "backend" }), "services.frontend.runsOn[0]", '"worker1"', /`backend` does not run on `worker1`/, /add `worker1` to services.backend.runsOn/],
    ["a process that is borrowed itself", (d) => { second({})(d); d.services.backend.run = { sameProcessAs: "store" }; }, `${at}.sameProcessAs`, '"backend"', /no process of its own either/, /name `store` here as well/],
    ["the process of a unit of others", (d) => { second({})(d); d.services.backend.run = { unit: "nginx.service" }; }, `${at}.sameProcessAs`, '"backend"', /no process of its own either/, /write `unit: "nginx.service"` here as well/],
    ["a program and the process of another", second({ binary: "bin/web" }), `${at}.binary`, '"bin/web"', /`sameProcessAs` names a process that runs already/, /keep one of `sameProcessAs` and `binary`/],
    ["a unit and the process of another", second({ unit: "nginx.service" }), `${at}.unit`, '"nginx.service"', /names a process that runs already/, /keep one of/],
    ["directives of the process of another", second({ unit: { Service: { Nice: "5" } } }), `${at}.unit`, /Nice/, /only that one's `run` says how it runs/, /under `services.backend.run`/],
    ["arguments of the process of another", second({ args: ["-v"] }), `${at}.args`, '["-v"]', /the process is that of `backend`/, /under `services.backend.run`/],
    ["the same port of one process", (d) => { second({})(d); frontend(d).port = 9002; }, "services.backend.port", "9002", /port 9002 is already taken/, /another port/],
  ]);
});
