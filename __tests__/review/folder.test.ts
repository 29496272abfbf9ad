import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type ConfigEntryDeclaration, layout, type MeshDeclaration } from "../../model";
import { entriesInOrder } from "../../review/entries";
import { writeReview } from "../../review/folder";
import { filesOnNodes } from "../../templates";
import { meshGraph } from "../support/graph";
import { declaration, meshOf } from "../support/shop";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-review-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (changed: MeshDeclaration = declaration()) => writeReview(folder, meshOf(changed), []);
const at = (path: string) => join(folder, "review", path);
const written = () =>
  readdirSync(join(folder, "review"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(at(""), join(entry.parentPath, entry.name)))
    .sort();

const ROUTED: ConfigEntryDeclaration[] = [
  { kind: "service-router", name: "frontend", routes: [{ destination: { service: "backend" } }] },
  { kind: "service-resolver", name: "backend", connectTimeout: "3s" },
];

test("has every file of every node, as it will be there", () => {
  write();
  for (const { node, files } of filesOnNodes(meshOf(declaration()))) {
    for (const { path, mode, content } of files) {
      expect(readFileSync(at(`${node.name}${path}`), "utf8")).toBe(content);
      expect((statSync(at(`${node.name}${path}`)).mode & 0o777).toString(8).padStart(4, "0")).toBe(mode);
    }
  }
  expect(written().filter((path) => path.startsWith("worker1/"))).toEqual([
    "worker1/etc/consul.d/consul.hcl",
    "worker1/etc/consul.d/frontend.hcl",
    "worker1/etc/systemd/system/consul.service",
    "worker1/etc/systemd/system/frontend-sidecar-proxy.service",
    "worker1/etc/systemd/system/frontend.service",
    "worker1/etc/systemd/system/gatehouse-drain.service",
    "worker1/etc/systemd/system/gatehouse-fence.service",
    "worker1/opt/gatehouse/env/frontend.env",
    "worker1/opt/gatehouse/fences/frontend.json",
    "worker1/user_data",
    "worker1/usr/local/bin/mesh",
  ]);
});

test("has the config entries, numbered in the order of a deploy and as Consul takes them", () => {
  write(declaration({ configEntries: ROUTED }));
  expect(readdirSync(at("config-entries"))).toEqual([
    "01-proxy-defaults-global.json",
    "02-service-defaults-frontend.json",
    "03-service-defaults-backend.json",
    "04-service-intentions-any.json",
    "05-service-resolver-backend.json",
    "06-service-router-frontend.json",
    "07-ingress-gateway-edge.json",
    "08-service-intentions-frontend.json",
    "09-service-intentions-backend.json",
  ]);
  expect(JSON.parse(readFileSync(at("config-entries/02-service-defaults-frontend.json"), "utf8"))).toMatchObject({
    Kind: "service-defaults",
    Name: "frontend",
    Protocol: "http",
  });
});

test("no entry comes before one that Terraform writes first", () => {
  const mesh = meshOf(declaration({ configEntries: ROUTED }));
  const graph = meshGraph(mesh);
  const entries = entriesInOrder(mesh).map((entry) => `consul_config_entry.${layout.resources.entry(entry)}`);
  expect(entries.length).toBe(mesh.configEntries.length);
  const wrong = entries.flatMap((earlier, index) =>
    entries
      .slice(index + 1)
      .filter((later) => graph.waitsFor(earlier, later))
      .map((later) => `${earlier} waits for ${later}`),
  );
  expect(wrong).toEqual([]);
});

test("no value of a secret variable is there, only its name", () => {
  const mesh = declaration();
  mesh.services!.frontend!.run.secrets = { DB_PASSWORD: { version: "1" } };
  write(mesh);
  expect(readFileSync(at("mesh.md"), "utf8")).toContain("`/opt/gatehouse/secrets/frontend.env`");
  expect(written().filter((path) => path.includes("secrets"))).toEqual([]);
});

test("what is no longer declared goes, and what a person changed is as declared again", () => {
  write();
  const unit = at("worker1/etc/systemd/system/frontend.service");
  const declared = readFileSync(unit, "utf8");
  writeFileSync(unit, "changed");
  chmodSync(at("worker1/opt/gatehouse/env/frontend.env"), 0o644);
  const without = declaration();
  without.services!.frontend!.runsOn = ["worker1"];
  write(without);
  expect(readFileSync(unit, "utf8")).toBe(declared);
  expect(statSync(at("worker1/opt/gatehouse/env/frontend.env")).mode & 0o777).toBe(0o600);
  expect(written().filter((path) => /^worker2\/.*frontend/.test(path))).toEqual([]);
  expect(written().filter((path) => /^worker2\/.*backend/.test(path))).not.toEqual([]);
});

test("what has not changed is not written", () => {
  write();
  const before = statSync(at("worker2/user_data"), { bigint: true }).mtimeNs;
  write();
  expect(statSync(at("worker2/user_data"), { bigint: true }).mtimeNs).toBe(before);
});
