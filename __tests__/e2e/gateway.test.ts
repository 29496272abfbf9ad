import { agent, declaration, deploy, describeOnLab, freshLab, gatewayUrl, get, on, plan } from "./mesh";

jest.setTimeout(300_000);

describeOnLab("the gateway", () => {
  beforeAll(async () => {
    await freshLab();
    const part1 = declaration();
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
    await deploy(declaration());
    expect((await get(gatewayUrl)).status).toBe(200);
    expect(await on("gateway1", "systemctl show -P MainPID ingress-gateway")).toBe(pid);
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

  test("replaces one that was set up by hand on the server, under the same unit name", async () => {
    await on("server1", handMade);
    await on("worker1", handMadeBackend);
    expect(await on("server1", "systemctl is-active ingress-gateway")).toBe("active");
    const moved = declaration();
    moved.gateways!["ingress-gateway"]!.runsOn = ["worker2"];
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
    expect(await on("worker1", "ls /etc/consul.d")).toBe("consul.hcl\nfrontend.hcl"); // which names backend, too
    expect(await plan(moved)).toEqual([]);
  });
});

/** The seed's own files, as somebody put them on the server. */
const handMade = `
cat >/etc/consul.d/ingress_gateway.hcl <<'HCL'
service {
  name = "ingress-gateway"
  kind = "ingress-gateway"
}
HCL
cat >/etc/systemd/system/ingress-gateway.service <<'UNIT'
[Service]
ExecStart=consul connect envoy -gateway=ingress -proxy-id ingress-gateway -ignore-envoy-compatibility -grpc-addr 127.0.0.1:8502
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
consul reload
systemctl enable --now ingress-gateway
sleep 2
`;

/** A second backend, beside a service of ours that calls the backend. */
const handMadeBackend = `
cat >/etc/consul.d/old_backend.hcl <<'HCL'
service {
  name = "backend"
  id   = "old-backend"
  port = 9999
}
HCL
consul reload
`;
