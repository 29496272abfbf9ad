import { frontend, type Row, refuses } from "../../support/refusals";
import type { Draft } from "../../support/shop";

const long = "a".repeat(64);
const dollar = "$";

describe("names", () => {
  const service = (name: string) => (d: Draft) => (d.services[name] = { ...d.services.store, port: 9009 });
  const node = (name: string) => (d: Draft) => (d.nodes[name] = { ...d.nodes.worker1, address: "10.77.0.99" });
  const gateway = (name: string) => (d: Draft) => (d.gateways[name] = { runsOn: ["worker1"], listeners: [] });
  const reserved = (name: string): Row => [
    `service ${name}`,
    service(name),
    `services.${name}`,
    `"${name}"`,
    /reserved/,
    /another name/,
  ];
  // biome-ignore format: a table reads by rows
  refuses([
    ["empty mesh", (d) => (d.name = ""), "name", '""', /empty/, /1 to 63/],
    ["mesh with a space", (d) => (d.name = "my mesh"), "name", '"my mesh"', /white space/, /a-z, 0-9/],
    ["empty service", service(""), 'services[""]', '""', /empty/, /a-z, 0-9/],
    ["spaces", service("a b"), 'services["a b"]', '"a b"', /white space/, /a-z, 0-9/],
    ["a line break", service("a\nb"), 'services["a\\nb"]', '"a\\nb"', /white space/, /a-z, 0-9/],
    ["a path upwards", service("../etc"), 'services["../etc"]', '"../etc"', /file paths/, /a-z, 0-9/],
    ["a dot", service(".."), 'services[".."]', '".."', /file paths/, /a-z, 0-9/],
    ["a semicolon", service("a;b"), 'services["a;b"]', '"a;b"', /has `;` in it/, /a-z, 0-9/],
    ["command substitution", service("$(reboot)"), 'services["$(reboot)"]', '"$(reboot)"', /has `\$` in it/, /a-z, 0-9/],
    ["Terraform interpolation", service(`${dollar}{path}`), `services["${dollar}{path}"]`, `"${dollar}{path}"`, /has `\$` in it/, /a-z, 0-9/],
    ["a backtick", service("`id`"), 'services["`id`"]', '"`id`"', /in it/, /a-z, 0-9/],
    ["systemd's specifier", service("a%n"), 'services["a%n"]', '"a%n"', /has `%` in it/, /a-z, 0-9/],
    ["systemd's template", service("a@b"), 'services["a@b"]', '"a@b"', /has `@` in it/, /a-z, 0-9/],
    ["upper case", service("Web"), "services.Web", '"Web"', /upper-case/, /a-z, 0-9/],
    ["an underscore", service("a_b"), "services.a_b", '"a_b"', /has "_" in it/, /a-z, 0-9/],
    ["not ASCII", service("käse"), 'services["käse"]', '"käse"', /has "ä" in it/, /a-z, 0-9/],
    ["a leading hyphen", service("-rf"), "services.-rf", '"-rf"', /begins or ends with `-`/, /a-z, 0-9/],
    ["a trailing hyphen", service("web-"), "services.web-", '"web-"', /begins or ends with `-`/, /a-z, 0-9/],
    ["64 characters", service(long), `services.${long}`, `"${long}"`, /64 characters/, /1 to 63/],
    ["a node", node("Worker 3"), 'nodes["Worker 3"]', '"Worker 3"', /white space/, /a-z, 0-9/],
    ["a node like the output folder's own", node("stacks"), "nodes.stacks", '"stacks"', /reserved.*output folder/, /another name/],
    ["a node like every machine", node("localhost"), "nodes.localhost", '"localhost"', /reserved/, /another name/],
    ["a gateway", gateway("in;gress"), 'gateways["in;gress"]', '"in;gress"', /has `;` in it/, /a-z, 0-9/],
    ["a gateway, reserved", gateway("sshd"), "gateways.sshd", '"sshd"', /reserved/, /another name/],
    ["a gateway like a service", gateway("store"), "gateways.store", '"store"', /name of a service \(services.store\)/, /rename/],
    ...["consul", "mesh", "gatehouse", "gatehouse-drain", "ssh", "dbus", "cron", "init", "reboot", "default", "global", "any"].map(reserved),
    ...["systemd", "systemd-resolved", "gatehouse-web", "getty", "emergency", "frontend-sidecar-proxy"].map(reserved),
    ["an environment variable", (d) => (frontend(d).run.env = { "A-B": "" }), "services.frontend.run.env.A-B", '"A-B"', /not a name/, /LOG_LEVEL/],
    ["a variable with =", (d) => (frontend(d).run.env = { "A=B": "" }), 'services.frontend.run.env["A=B"]', '"A=B"', /not a name/, /LOG_LEVEL/],
    ["an empty variable", (d) => (frontend(d).run.env = { "": "x" }), 'services.frontend.run.env[""]', '""', /empty/, /LOG_LEVEL/],
    ["a secret variable", (d) => (frontend(d).run.secrets = { "A-B": { version: "1" } }), "services.frontend.run.secrets.A-B", '"A-B"', /not a name/, /LOG_LEVEL/],
    ["a datacenter", (d) => (d.consul.datacenter = "DC 1"), "consul.datacenter", '"DC 1"', /Consul allows only/, /dc1/],
    ["an empty datacenter", (d) => (d.consul.datacenter = ""), "consul.datacenter", '""', /empty/, /dc1/],
  ]);
});
