/** The layout of a node: one place in TypeScript, and the same in Go. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { layout } from "../../model";

const folders = readdirSync(".", { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() && !/^(\.|node_modules$|cdktf\.out$|__tests__$|meshes$|node$|docs$)/.test(entry.name),
  )
  .map(({ name }) => name);

const sources = folders
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)))
  .filter((file) => file.endsWith(".ts"))
  .filter((file) => !["model/layout.ts", "model/consul-ports.ts", "templates/node-documents.ts"].includes(file));

/** The code of a file without comments and imports. */
const codeOf = (file: string): string =>
  readFileSync(file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*/g, "$1")
    .replace(/^import .*$/gm, "");

/** Files of which `layout` consists, too. */
const PARTS = ["model/resource-ids.ts", "model/health-units.ts", "model/access.ts"];

const written: [what: string, pattern: RegExp][] = [
  ["a path below /opt/gatehouse", /\/opt\/gatehouse/],
  ["a path of Consul's configuration", /\/etc\/consul\.d/],
  ["a path of a unit", /\/etc\/systemd\/system/],
  ["a path of a copy", /\/var\/backups/],
  ["a path of a command", /\/usr\/local\/(bin\/mesh|sbin)/],
  ["the name of a sidecar", /-sidecar-proxy(?!\.service")/], // the template has this name
  ["the name of Consul's unit", /["`]consul\.service["`]/],
  ["the name of a workload's unit", /\}\.service[`"]/],
  ["a port of Consul's", /(?<![\d.:])(8300|8301|8302|8500|8501|8502|8503|8600)\b/],
  ["an id of a resource", /`(agent|binary|entry|instance|node|probe|program|sweep|token|tokens|wipe)_\$\{/],
];

test.each(written)("%s is written in model/layout.ts alone", (_what, pattern) => {
  const copies = sources.filter((file) => !PARTS.includes(file) && pattern.test(codeOf(file)));
  expect(copies).toEqual([]);
});

test("a copy would be found", () => {
  expect(sources).toContain("doctor/expected.ts");
  expect(written[0]?.[1].test('const folder = "/opt/gatehouse/env";')).toBe(true);
  expect(written[7]?.[1].test("unit: `${name}.service`")).toBe(true);
});

describe("the node program has the same places", () => {
  const constants = new Map(
    [...readFileSync("node/host/host.go", "utf8").matchAll(/^\t(\w+)\s*= (Gatehouse \+ )?"([^"]+)"/gm)].map(
      ([, name, below, path]) => [name, `${below ? "/opt/gatehouse" : ""}${path}`],
    ),
  );

  const { folders, files } = layout;
  test.each([
    ["Gatehouse", folders.gatehouse],
    ["Program", files.program],
    ["Instances", folders.instances],
    ["Binaries", folders.binaries],
    ["EnvDir", folders.env],
    ["Secrets", folders.secrets],
    ["Incoming", folders.incoming],
    ["Arriving", folders.incomingSecrets],
    ["Meshes", folders.meshes],
    ["NodeFile", files.nodeRecord],
    ["NodeEnv", files.nodeEnv],
    ["UnitDir", folders.units],
    ["ConsulDir", folders.consul],
    ["Backups", folders.backups],
    ["Config", folders.config],
    ["Before", dirname(layout.beforeFolder("web"))],
    ["MeshFile", files.meshCommand],
    ["Health", dirname(layout.healthUnits.socket("web"))],
  ])("host.%s", (name, path) => expect(constants.get(name)).toBe(path));
});

test("a unit leads to its workload and back", () => {
  for (const unit of layout.unitsOf("service", "web")) expect(layout.workloadOf(unit)).toBe("web");
  expect(layout.unitsOf("service", "web")).toEqual(["web.service", "web-sidecar-proxy.service"]);
  expect(layout.unitsOf("ingress-gateway", "edge")).toEqual(["edge.service"]);
  for (const unit of [layout.healthUnits.unit("web"), layout.healthUnits.socketUnit("web")])
    expect(layout.workloadOf(unit)).toBe("web");
  expect(layout.serviceOf("web-sidecar-proxy")).toBe("web");
  expect(layout.serviceOf("web")).toBe("web");
});

test("a definition leads to its name, other files to none", () => {
  expect(layout.nameOfDefinition(layout.definitionFile("web"))).toBe("web");
  expect(layout.nameOfDefinition("/etc/systemd/system/web.service")).toBeUndefined();
});

test.each([
  [layout.unitFile("web.service"), "web.service"],
  [layout.environmentFile("web"), "web.service"],
  [layout.definitionFile("web"), undefined],
  ["/opt/gatehouse/config/web/app.yaml", "web.service"],
  [layout.unitFile(layout.healthUnits.unit("web")), "gatehouse-health-web.socket"],
  [layout.unitFile(layout.healthUnits.socketUnit("web")), "gatehouse-health-web.socket"],
])("the unit that reads %s", (path, unit) => expect(layout.unitReading(path)).toBe(unit));
