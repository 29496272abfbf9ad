import { doctor, type Told } from "./support/doctor";
import {
  asOperator,
  consul,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  getUntil,
  mainPid,
  on,
  twoPairs,
} from "./support/mesh";

jest.setTimeout(300_000);

const instance = (name: string, node: string) => `null_resource.instance_${name}_${node}`;
const PROGRAM = "/opt/gatehouse/binaries/*/fortio";

/** Changes by hand, the place where the doctor sees each, and the resources that it would replace. */
const harm: [what: string, machine: string, command: string, where: string, replaced: string[]][] = [
  [
    "a hand-edited unit",
    "worker1",
    "sed -i 's/^RestartSec=1$/RestartSec=7/' /etc/systemd/system/frontend.service",
    "worker1: /etc/systemd/system/frontend.service",
    [instance("frontend", "worker1")],
  ],
  [
    "a stopped sidecar",
    "worker2",
    "systemctl stop backend-sidecar-proxy",
    "worker2: backend-sidecar-proxy.service",
    [instance("backend", "worker2")],
  ],
  [
    "a disabled unit",
    "gateway1",
    "systemctl --quiet disable ingress-gateway",
    "gateway1: ingress-gateway.service",
    [instance("ingress-gateway", "gateway1")],
  ],
  [
    "a deleted definition, which the agent has noticed",
    "worker1",
    "rm /etc/consul.d/stock.hcl; consul reload",
    "worker1: /etc/consul.d/stock.hcl",
    [instance("stock", "worker1")],
  ],
  [
    "a drop-in",
    "worker2",
    "systemctl edit --force --stdin shop 2>/dev/null <<<'[Service]' || { mkdir /etc/systemd/system/shop.service.d; printf '[Service]\\nNice=5\\n' >/etc/systemd/system/shop.service.d/override.conf; systemctl daemon-reload; }",
    "worker2: shop.service",
    [instance("shop", "worker2")],
  ],
  [
    "a file that anybody may read",
    "worker2",
    "chmod 0644 /opt/gatehouse/env/shop.env",
    "worker2: /opt/gatehouse/env/shop.env",
    [instance("shop", "worker2")],
  ],
  [
    "a config entry changed by hand",
    "server1",
    `consul config write - <<<'{"Kind": "service-defaults", "Name": "shop", "Protocol": "http"}'`,
    "consul: service-defaults/shop UpstreamConfig",
    [],
  ],
  [
    "a config entry that a service's own token brought code into",
    "worker1",
    `CONSUL_HTTP_TOKEN=$(cat /opt/gatehouse/secrets/stock.token) consul config write - <<<'{"Kind": "service-defaults", "Name": "stock", "Protocol": "http", "EnvoyExtensions": [{"Name": "builtin/lua", "Arguments": {"ProxyType": "connect-proxy", "Listener": "inbound", "Script": "function envoy_on_request(handle) end"}}]}'`,
    "consul: service-defaults/stock UpstreamConfig",
    [],
  ],
  [
    "a registration that a service's own token changed",
    "worker2",
    `port=$(sed -n 's/^  port = //p' /etc/consul.d/shop.hcl)
    echo '{"service": {"id": "shop", "name": "shop", "port": '$port', "address": "10.77.0.13", "meta": {"gatehouse-mesh": "lab"}}}' >/tmp/shop.json
    CONSUL_HTTP_TOKEN=$(cat /opt/gatehouse/secrets/shop.token) consul services register /tmp/shop.json`,
    "worker2: registration shop Address",
    [instance("shop", "worker2")],
  ],
  [
    "an intention deleted by hand",
    "server1",
    "consul config delete -kind service-intentions -name frontend",
    "consul: service-intentions/frontend",
    [],
  ],
  [
    "a foreign unit under our name",
    "worker1",
    "printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/backend.service; systemctl daemon-reload; systemctl start backend",
    "worker1: backend.service",
    [],
  ],
  [
    "a service registered by hand",
    "gateway1",
    "consul services register -name stock -id stock-by-hand -port 1234",
    "gateway1: registration stock-by-hand",
    [],
  ],
  [
    "a changed program",
    "worker1",
    `for file in ${PROGRAM}; do cp $file /tmp/f; echo more >>/tmp/f; mv /tmp/f $file; done; systemctl restart stock`,
    "worker1: /opt/gatehouse/binaries/",
    [instance("frontend", "worker1"), instance("stock", "worker1"), "null_resource.binary_worker1_"],
  ],
];

const roots = (findings: Told[]) => findings.filter(({ kind, follows }) => kind !== "note" && !follows);
const replaced = (findings: Told[]) => [
  ...new Set(findings.flatMap(({ fix }) => fix.flatMap(({ replace }) => replace ?? []))),
];
/** Without what depends on the program's content. */
const withoutSum = (text: string) => text.replace(/(binaries\/|binary_worker1_)[0-9a-f]+.*/, "$1");

describeOnLab("the doctor", () => {
  const mesh = twoPairs();
  const wheres: string[] = [];
  const addresses = new Set<string>();

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  test("finds nothing in a mesh that is as declared", async () => {
    const { exitCode, verdict, findings } = await doctor(mesh);
    expect(findings.map(({ line }) => line)).toEqual([]);
    expect([exitCode, verdict]).toEqual([0, "clean"]);
  });

  test.each(harm)("finds %s, and nothing else in addition", async (_, machine, command, where, resources) => {
    await on(machine, asOperator(command));
    const { exitCode, findings } = await doctor(mesh);
    wheres.push(where);
    for (const address of resources) addresses.add(address);
    expect(exitCode).toBe(1);
    expect(
      roots(findings)
        .map((finding) => withoutSum(finding.where))
        .sort(),
    ).toEqual([...wheres].sort());
    expect(replaced(findings).map(withoutSum).sort()).toEqual([...addresses].sort());
  });

  test("tells what follows from the causes apart from them", async () => {
    const { findings } = await doctor(mesh);
    const followers = findings.filter(({ follows }) => follows).map(({ where }) => where);
    expect(followers).toContain("gateway1: route :8080 host 127.0.0.1:8080 -> frontend");
    expect(followers).toContain("worker1: frontend -> backend");
  });

  test("repairs all of it except hand-made things, and touches nothing else", async () => {
    const kept = [
      ["gateway1", "ingress-gateway"],
      ["worker1", "frontend-sidecar-proxy"],
      ["worker1", "stock-sidecar-proxy"],
      ["worker2", "backend"],
      ["worker2", "shop-sidecar-proxy"],
      ...["server1", "gateway1", "worker1", "worker2"].map((machine) => [machine, "consul"] as const),
    ] as const;
    const pids = () => Promise.all(kept.map(([machine, unit]) => mainPid(machine, unit)));
    const before = await pids();
    const { exitCode, findings, stderr } = await doctor(mesh, "--mend", "--auto-approve");
    expect(
      roots(findings)
        .map(({ where }) => where)
        .sort(),
    ).toEqual(["gateway1: registration stock-by-hand", "worker1: backend.service"]);
    expect(exitCode).toBe(1);
    expect(await pids()).toEqual(before);
    const touched = [...stderr.matchAll(/# (null_resource\.\S+) (?:will|must) be/g)].map(
      ([, address]) => address ?? "",
    );
    expect([...new Set(touched.map(withoutSum))].sort()).toEqual([...addresses].sort());
    // Envoys hear of the last repaired entry a moment later.
    expect((await getUntil(200, `${gatewayUrl}/debug`, [], 5)).status).toBe(200);
    expect((await getUntil(200, gatewayUrl, ["Host: shop.test"], 5)).status).toBe(200);
  });

  test("keeps what a person made, elsewhere", async () => {
    expect(await on("worker2", "find /var/backups/gatehouse -name override.conf | wc -l")).toBe("1");
  });

  test("finds nothing when a person has removed by hand what no deploy removes", async () => {
    await on(
      "worker1",
      "systemctl disable --now backend; rm /etc/systemd/system/backend.service; systemctl daemon-reload",
    );
    await on("gateway1", asOperator("consul services deregister -id=stock-by-hand"));
    const { exitCode, findings } = await doctor(mesh);
    expect(roots(findings).map(({ line }) => line)).toEqual([]);
    expect(exitCode).toBe(0);
  });

  test("says nothing of what others made, and by whose hand what carries the mark is removed", async () => {
    await on("worker1", asOperator("consul services register -name ghost -port 1234"));
    const write = (entry: object) => on("server1", asOperator(`consul config write - <<<'${JSON.stringify(entry)}'`));
    await write({ Kind: "service-defaults", Name: "ghost", Protocol: "http" });
    await write({ Kind: "service-defaults", Name: "left", Protocol: "http", Meta: { "gatehouse-mesh": mesh.name } });
    await write({ Kind: "service-router", Name: "shop" });
    const { findings } = await doctor(mesh);
    expect(findings.map(({ where }) => where).sort()).toEqual([
      "consul: service-defaults/left",
      "consul: service-router/shop",
    ]);
    expect(findings[0]?.remedy).toMatch(/else: consul config delete -kind service-defaults -name left$/);
    await on("worker1", asOperator("consul services deregister -id=ghost"));
    for (const entry of ["service-defaults -name ghost", "service-defaults -name left", "service-router -name shop"]) {
      await on("server1", asOperator(`consul config delete -kind ${entry}`));
    }
  });

  test("finds an edge that Consul lets through without a declaration", async () => {
    const allow = { Kind: "service-intentions", Name: "shop", Sources: [{ Name: "backend", Action: "allow" }] };
    await on("server1", asOperator(`consul config write - <<<'${JSON.stringify(allow)}'`));
    const { findings } = await doctor(mesh);
    expect(roots(findings).map(({ where }) => where)).toEqual(["consul: service-intentions/shop Sources"]);
    expect(findings.map(({ where }) => where)).toContain("worker2: backend -> shop on worker2");
    await doctor(mesh, "--mend", "--auto-approve");
    expect((await consul<{ Sources: { Name: string }[] }>("config/service-intentions/shop")).Sources[0]?.Name).toBe(
      "ingress-gateway",
    );
  });

  test("says when it could not look", async () => {
    await on("worker2", "systemctl stop ssh.socket ssh 2>/dev/null || true");
    const { exitCode, verdict, findings } = await doctor(mesh);
    expect([exitCode, verdict]).toEqual([2, "incomplete"]);
    expect(roots(findings).map(({ where }) => where)).toEqual(["worker2: ssh deploy@10.77.0.13"]);
  });
});
