/** The sweep and the refusals of another mesh, run for real in a folder that stands in for a node's file system. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { shellConf } from "../../templates/program";

const has = (program: string) => spawnSync("which", [program]).status === 0;
const describeWithTools = ["bash", "jq", "flock"].every(has) ? describe : describe.skip;

/** The agent: it answers, and knows the services of `services.json`. */
const curl = `#!/bin/bash
case "$*" in
  *agent/services) cat "$ROOT/services.json" ;;
  *status/leader) echo '"10.0.0.1:8300"' ;;
  *deregister*) echo "\${*: -1}" >>"$ROOT/deregistered" ;;
  *) echo '{}' ;;
esac
`;

const systemctl = `#!/bin/bash
echo "$*" >>"$ROOT/systemctl"
`;

const HAND = "[Service]\nExecStart=/bin/sleep 1000\n";
const unit = (description: string) =>
  `# Written by Gatehouse. Edit the mesh's declaration instead.\n[Unit]\nDescription=${description}\n`;
const definition = (name: string) =>
  `# Written by Gatehouse. Edit the mesh's declaration instead.\nservice {\n  name = "${name}"\n}\n`;

let root: string;
const path = (file: string) => join(root, file);

function put(file: string, content: string): void {
  mkdirSync(dirname(path(file)), { recursive: true });
  writeFileSync(path(file), content);
}

/** A program of `templates/shell` that works under `root`. */
function install(name: string, to: string): void {
  const text = readFileSync(`templates/shell/${name}`, "utf8");
  put(to, text.replace(/(?<![\w.])\/(opt|etc|var|run|usr\/local)\//g, `${root}/$1/`));
}

function run(program: string, conf: Record<string, string>) {
  for (const name of ["lib.sh", "removal.sh", "traffic.sh", "remove-agent.sh"]) {
    install(name, `opt/gatehouse/lib/${name}`);
    install(name, `bundle/lib/${name}`);
  }
  install(`${program}.sh`, `bundle/main.sh`);
  put(`bundle/${program}.conf`, shellConf(conf));
  const env = { ...process.env, ROOT: root, PATH: `${path("bin")}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync("bash", [path("bundle/main.sh"), path("bundle")], {
    env,
    encoding: "utf8",
  });
  return { status, text: `${stdout}${stderr}`.replaceAll(root, "") };
}

const sweep = (conf: Record<string, string> = {}) =>
  run("sweep", { MESH: "shop", KEEP: "web", KEEP_BINARIES: "", MOVED_GATEWAYS: "edge", ...conf });

describeWithTools("a node", () => {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "gatehouse-sweep-"));
    put("bin/curl", curl);
    put("bin/systemctl", systemctl);
    put("bin/sleep", "#!/bin/sh\n");
    for (const name of readdirSync(path("bin"))) chmodSync(path(`bin/${name}`), 0o755);
    put("opt/gatehouse/node.conf", "MESH='shop'\nNODE='worker1'\n");
    put("services.json", "{}");
    mkdirSync(path("etc/consul.d"), { recursive: true });
    mkdirSync(path("etc/systemd/system"), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const left = () =>
    execFileSync("find", ["etc", "-type", "f"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean).sort();
  const registered = (...services: object[]) =>
    put("services.json", JSON.stringify(Object.fromEntries(services.map((one, index) => [index, one]))));

  test("loses what the mesh put there and does not declare any more", () => {
    put("opt/gatehouse/instances/cart/current/consul/cart.hcl", definition("cart"));
    put("etc/consul.d/cart.hcl", definition("cart"));
    put("etc/systemd/system/cart.service", unit("cart, a service of mesh shop"));
    put("etc/systemd/system/cart-sidecar-proxy.service", unit("Envoy sidecar of cart, mesh shop"));
    put("etc/systemd/system/old-edge.service", unit("Ingress gateway old-edge of mesh shop"));
    put("etc/consul.d/old-edge.hcl", definition("old-edge"));
    const { status, text } = sweep();
    expect(text).toContain("gatehouse: removing cart\n");
    expect([status, left()]).toEqual([0, []]);
  });

  test("keeps what there is no record of: other meshes' units, hand-made ones, definitions, services", () => {
    const kept = {
      "etc/consul.d/mail.hcl": 'service {\n  name = "mail"\n}\n',
      "etc/consul.d/copied.hcl": definition("copied"),
      "etc/systemd/system/mail.service": HAND,
      "etc/systemd/system/cart.service": unit("cart, a service of mesh other"),
      "etc/systemd/system/backend.service": unit("backend, a service of mesh big-shop"),
      "etc/systemd/system/web.service": unit("web, a service of mesh shop"),
      "etc/systemd/system/consul.service": unit("Consul agent of mesh shop"),
      "etc/systemd/system/gatehouse-drain.service": unit("Leaves mesh shop"),
    };
    for (const [file, content] of Object.entries(kept)) put(file, content);
    registered(
      { Kind: "", Service: "mail", ID: "mail" },
      { Kind: "", Service: "web", ID: "web" },
      { Kind: "", Service: "web", ID: "web-by-hand" },
      { Kind: "ingress-gateway", Service: "other-edge", ID: "other-edge" },
      { Kind: "", Service: "edge", ID: "edge" }, // no gateway
    );
    const { status, text } = sweep();
    expect([status, left()]).toEqual([0, Object.keys(kept).sort()]);
    expect(text).toContain("web-by-hand stays: it was registered by hand under the name of web");
    expect(existsSync(path("deregistered"))).toBe(false);
  });

  describe("with a gateway that was set up by hand and that the declaration runs elsewhere", () => {
    const gateway = 'service {\n  name = "edge"\n  kind = "ingress-gateway"\n}\n';
    beforeEach(() => {
      put("etc/systemd/system/edge.service", "[Service]\nExecStart=consul connect envoy -gateway=ingress\n");
      registered({ Kind: "ingress-gateway", Service: "edge", ID: "edge" });
    });

    test("loses it, and keeps copies", () => {
      put("etc/consul.d/by_hand.hcl", gateway);
      expect(sweep().status).toBe(0);
      expect(left()).toEqual([]);
      expect(readFileSync(path("deregistered"), "utf8")).toMatch(/deregister\/edge\n$/);
      const copies = execFileSync("find", ["var/backups", "-type", "f"], { cwd: root, encoding: "utf8" });
      expect(copies).toMatch(/by_hand\.hcl/);
      expect(copies).toMatch(/edge\.service/);
    });

    test("keeps it where its file defines another service too", () => {
      put("etc/consul.d/by_hand.hcl", `${gateway}service {\n  name = "mail"\n}\n`);
      const { status, text } = sweep();
      expect([status, left()]).toEqual([0, ["etc/consul.d/by_hand.hcl", "etc/systemd/system/edge.service"]]);
      expect(text).toContain("/etc/consul.d/by_hand.hcl defines other services too");
    });

    test("keeps it where the declaration does not move it", () => {
      put("etc/consul.d/by_hand.hcl", gateway);
      expect(sweep({ MOVED_GATEWAYS: "" }).status).toBe(0);
      expect(left()).toHaveLength(2);
    });
  });

  describe("of another mesh", () => {
    beforeEach(() => {
      put("opt/gatehouse/node.conf", "MESH='other'\n");
      put("opt/gatehouse/instances/cart/current/consul/cart.hcl", definition("cart"));
      put("etc/systemd/system/cart.service", unit("cart, a service of mesh shop"));
    });
    const untouched = () =>
      existsSync(path("opt/gatehouse/instances/cart/current/consul/cart.hcl")) && left().length === 1;

    test("is not swept", () => {
      const { status, text } = sweep();
      expect([status, untouched()]).toEqual([1, true]);
      expect(text).toContain("this node belongs to mesh other, and this is a deploy of mesh shop: nothing was changed");
    });

    test.each([
      ["yes", 0],
      ["no", 1],
    ])("is not wiped (on destroy: %s)", (onDestroy, expected) => {
      const { status, text } = run("wipe", { MESH: "shop", AGENT_TOO: "yes", ON_DESTROY: onDestroy });
      expect([status, untouched()]).toEqual([expected, true]);
      expect(text).toContain("belongs to mesh other: nothing was removed");
    });
  });

  test("without a record of its mesh is not swept", () => {
    rmSync(path("opt/gatehouse/node.conf"));
    const { status, text } = sweep();
    expect(status).toBe(1);
    expect(text).toContain("names no mesh");
  });
});
