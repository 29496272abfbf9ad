import type { MeshDeclaration } from "../../model";
import {
  agent,
  consul,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  managementToken,
  on,
  plan,
} from "./support/mesh";

jest.setTimeout(300_000);

/** Its services may take longer than Envoy's 15 s. */
function patient(): MeshDeclaration {
  const mesh = declaration();
  const { frontend, backend } = mesh.services!;
  for (const service of [frontend!, backend!]) service.timeouts = { request: "20s", connect: "1m" };
  frontend!.run.args!.push("-timeout", "60s");
  backend!.run.args!.push("-max-echo-delay", "1m");
  return mesh;
}

const waiting = (delay: string) => get(`${gatewayUrl}/?delay=${delay}`, [], 60);

describeOnLab("the gateway", () => {
  beforeAll(async () => {
    await freshLab();
    const part1 = patient();
    part1.gateways!["ingress-gateway"]!.listeners = [];
    await deploy(part1);
  });

  test("runs without a route: the seed's part 1", async () => {
    expect(await on("gateway1", "systemctl is-active ingress-gateway")).toBe("active");
    expect(await agent("gateway1", "agent/health/service/id/ingress-gateway?format=text")).toBe("passing");
    expect((await get(gatewayUrl)).status).toBe(0); // nothing listens
  });

  test("gets its routes without a restart: the seed's part 2", async () => {
    const pid = await on("gateway1", "systemctl show -P MainPID ingress-gateway");
    await deploy(patient());
    expect((await get(gatewayUrl)).status).toBe(200);
    expect(await on("gateway1", "systemctl show -P MainPID ingress-gateway")).toBe(pid);
  });

  test("waits as long as the declaration says for an answer, and no longer", async () => {
    const [slow, slower] = await Promise.all([waiting("16s"), waiting("24s")]);
    expect([slow.status, slower.status]).toEqual([200, 504]);
    expect(await plan(patient())).toEqual([]);
  });

  test("moves to another worker, where it serves before the old one stops", async () => {
    const moved = declaration();
    moved.gateways!["ingress-gateway"]!.runsOn = ["worker1"];
    const { text } = await deploy(moved);
    const [serves, stops] = ["-> frontend answers", "gatehouse: removing ingress-gateway"].map((line) =>
      text.indexOf(line),
    );
    expect(serves).toBeGreaterThan(0);
    expect(stops).toBeGreaterThan(serves!);
    expect((await get("http://10.77.0.12:8080")).status).toBe(200);
    expect((await get(gatewayUrl)).status).toBe(0);
    expect(
      await on("gateway1", "ls /etc/systemd/system/ingress-gateway.service /etc/consul.d 2>/dev/null || true"),
    ).not.toContain("ingress");
    await deploy(declaration());
    expect((await get(gatewayUrl)).status).toBe(200);
    expect((await get("http://10.77.0.12:8080")).status).toBe(0);
  });

  test("lets one go that was set up by hand on the server, when the declaration says so", async () => {
    await on("server1", `token=${managementToken()}\n${handMade}`);
    await on("worker1", `token=${managementToken()}\n${handMadeBackend}`);
    expect(await on("server1", "systemctl is-active ingress-gateway")).toBe("active");
    const moved = declaration();
    moved.gateways!["ingress-gateway"]!.runsOn = ["worker2"];
    await deploy(moved);
    expect((await get("http://10.77.0.13:8080")).status).toBe(200);
    expect(await on("server1", "systemctl is-active ingress-gateway")).toBe("active");
    moved.takeOver = { gateways: ["ingress-gateway"], letGo: ["ingress-gateway"] };
    await deploy(moved);
    expect((await get("http://10.77.0.13:8080")).status).toBe(200);
    expect(await on("server1", "systemctl is-active ingress-gateway || true")).toBe("inactive");
    expect(
      await on(
        "server1",
        "ls /etc/systemd/system/ingress-gateway.service /etc/consul.d/ingress_gateway.hcl 2>&1 | grep -c 'No such file'",
      ),
    ).toBe("2");
    expect(await on("server1", "find /var/backups/gatehouse -type f | grep -c ingress")).toBe("2");
    // A service is not the mesh's by its name alone.
    expect(await on("worker1", "ls /etc/consul.d")).toBe(
      "consul.hcl\nfrontend.hcl\ngatehouse-secrets.json\nold_backend.hcl\ntls",
    );
    expect(JSON.parse(await agent("worker1", "agent/services"))).toHaveProperty("old-backend");
    expect(await plan(moved)).toEqual([]);
  });

  test("leaves alone what a person runs on a node, also with entries in Consul and under a name of the mesh", async () => {
    await on("worker1", `token=${managementToken()}\n${handMadeMail}`);
    const moved = declaration(); // moves the gateway back, so that every node is swept
    const { text } = await deploy(moved);
    expect(await on("worker1", "systemctl is-active mail")).toBe("active");
    expect(await on("worker1", "ls /etc/consul.d/mail.hcl /etc/systemd/system/mail.service | wc -l")).toBe("2");
    const services = JSON.parse(await agent("worker1", "agent/services"));
    expect(Object.keys(services)).toEqual(expect.arrayContaining(["mail", "frontend-by-hand", "frontend"]));
    expect(text).toContain('"frontend-by-hand" stays: it was registered by hand under the name of frontend');
    expect(await consul("config/service-defaults/mail")).toMatchObject({ Protocol: "tcp" });
    expect(await plan(moved)).toEqual([]);
  });
});

/** The seed's own files, as a person with every right put them on the server. */
const handMade = `
cat >/etc/consul.d/ingress_gateway.hcl <<HCL
service {
  name  = "ingress-gateway"
  kind  = "ingress-gateway"
  token = "$token"
}
HCL
cat >/etc/systemd/system/ingress-gateway.service <<UNIT
[Service]
Environment=CONSUL_HTTP_TOKEN=$token CONSUL_GRPC_CACERT=/etc/consul.d/tls/ca.pem
ExecStart=consul connect envoy -gateway=ingress -proxy-id ingress-gateway -ignore-envoy-compatibility -grpc-addr https://127.0.0.1:8503
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
CONSUL_HTTP_TOKEN=$token consul reload
systemctl enable --now ingress-gateway
sleep 2
`;

/** A service of a person's own: definition, unit, and a service-defaults; and a second registration of a declared one. */
const handMadeMail = `
export CONSUL_HTTP_TOKEN=$token
cat >/etc/consul.d/mail.hcl <<HCL
service {
  name  = "mail"
  port  = 2525
  token = "$token"
}
HCL
printf '[Service]\\nExecStart=/bin/sleep 100000\\n' >/etc/systemd/system/mail.service
systemctl daemon-reload
systemctl start mail
consul reload
consul config write - <<<'{"Kind": "service-defaults", "Name": "mail", "Protocol": "tcp"}'
consul services register -name frontend -id frontend-by-hand -port 1234
`;

/** A second backend, in addition to a service of ours that calls the backend. */
const handMadeBackend = `
cat >/etc/consul.d/old_backend.hcl <<HCL
service {
  name  = "backend"
  id    = "old-backend"
  port  = 9999
  token = "$token"
}
HCL
CONSUL_HTTP_TOKEN=$token consul reload
`;
