/** Faults that were found by trying things as a new user would; part of `npm test` as well. */
import type { MeshDeclaration } from "../../../model";
import {
  backendOn,
  cdktf,
  consul,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  getUntil,
  mainPid,
  on,
  plan,
  type Run,
} from "../support/mesh";
import { during, record } from "../support/record";
import { maintained, twoOfEach } from "../support/rollout";

jest.setTimeout(300_000);

const failing = (mesh: MeshDeclaration): Promise<Run> => cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");

/** The lab's mesh on two workers each, with more services. */
function meshWith(services: MeshDeclaration["services"]): MeshDeclaration {
  const mesh = twoOfEach();
  for (const name of ["store", "shelf", "stock"]) delete mesh.services![name];
  return { ...mesh, services: { ...mesh.services, ...services } };
}

const stock = (args?: string[]) => {
  const service = { ...backendOn(["worker1"], 9012), health: { http: "/", interval: "1s", timeout: "1s" } };
  return args ? { ...service, run: { ...service.run, args } } : service;
};

const setUpByHand = `
printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/stock.service
systemctl daemon-reload && systemctl enable --quiet --now stock`;

describeOnLab("faults that were found by trying", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(meshWith({}));
  });

  test("a first release that failed is deployed once it is corrected, and another failed one is removed once it is no longer declared", async () => {
    const { load } = await during("a first release fails, is corrected, and goes again", async () => {
      const broken = meshWith({ stock: stock(["no-such-command"]), spare: backendOn(["worker1"], 9013) });
      const { exitCode, text } = await failing(broken);
      expect(exitCode).not.toBe(0);
      expect(text).toContain("stock is not healthy, and there is no earlier release: it was removed again");
      await deploy(meshWith({ stock: stock() }));
      expect(await on("worker1", "systemctl is-active stock stock-sidecar-proxy")).toBe("active\nactive");
      expect(await on("worker1", "ls /etc/systemd/system | grep -c ^spare || true")).toBe("0");
      // AND the other way: the failed deploy's declaration is taken back whole
      await failing(
        meshWith({ stock: stock(), spare: backendOn(["worker1"], 9013), worse: stock(["no-such-command"]) }),
      );
      await deploy(meshWith({ stock: stock() }));
      const left =
        "find /etc/systemd/system /etc/consul.d /opt/gatehouse -name '*spare*' -o -name '*worse*' | grep -v '^$' || true";
      expect(await on("worker1", left)).toBe("");
      await deploy(meshWith({}));
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await plan(meshWith({}))).toEqual([]);
  });

  test("a process of another unit that answers on the port does not make a release healthy", async () => {
    const { load } = await during("another process answers on the port of a new release", async () => {
      const squatter =
        "systemd-run --quiet --unit squatter /var/lib/squatter server -http-port 127.0.0.1:9012 -redirect-port disabled -grpc-port disabled -tcp-port disabled -udp-port disabled";
      await on("worker1", `cp /opt/gatehouse/binaries/*/fortio /var/lib/squatter; ${squatter}`);
      const { exitCode, text } = await failing(meshWith({ stock: stock() }));
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/127\.0\.0\.1:9012 is held by squatter \(process \d+\)/);
      await on("worker1", "systemctl stop squatter; rm /var/lib/squatter");
      await deploy(meshWith({ stock: stock() }));
      await deploy(meshWith({}));
    });
    expect(load).toMatchObject({ failed: 0 });
  });

  test("a unit that was set up by hand is not overwritten when no copy of it can be kept", async () => {
    const { load } = await during("no copy of a unit set up by hand can be kept", async () => {
      await on("worker1", setUpByHand);
      await on("worker1", "mkdir -p /var/backups && mount -t tmpfs -o ro tmpfs /var/backups");
      const taking = { ...meshWith({ stock: stock() }), takeOver: { services: ["stock"] } };
      const { exitCode, text } = await failing(taking);
      await on("worker1", "umount /var/backups");
      expect(exitCode).not.toBe(0);
      expect(text).toContain("no copy of /etc/systemd/system/stock.service could be kept");
      expect(text).not.toContain("kept a copy");
      expect(await on("worker1", "grep -c ^ExecStart=/bin/sleep /etc/systemd/system/stock.service")).toBe("1");
      expect(await on("worker1", "systemctl is-active stock")).toBe("active");
      const { text: told } = await deploy(taking);
      expect(told).toMatch(/kept a copy under \/var\/backups\/gatehouse\/\S+: \/etc\/systemd\/system\/stock\.service/);
      await deploy(meshWith({}));
    });
    expect(load).toMatchObject({ failed: 0 });
  });

  test("an ID that a service's token registered is compared, and never interpreted", async () => {
    const { load } = await during("a service registers an ID that looks like a pattern", async () => {
      const before = await on("worker2", "ls /etc/consul.d");
      const service = JSON.stringify({ ID: '"|.|"', Name: "backend", Port: 9 });
      const ask = (path: string, body: string) =>
        `curl -sS --fail -X PUT -H "X-Consul-Token: $(cat /opt/gatehouse/secrets/backend.token)" -d '${body}' 127.0.0.1:8500/v1/agent/service/${path}`;
      await on("worker2", ask("register", service));
      const spare = backendOn(["worker2"], 9013);
      await deploy(meshWith({ spare }));
      const { text } = await deploy(meshWith({})); // sweeps worker2
      expect(text).toContain('"\\"|.|\\"" stays: it was registered by hand under the name of backend');
      expect(await on("worker2", "ls /etc/consul.d")).toBe(before);
      await on("worker2", ask("deregister/%22%7C.%7C%22", ""));
    });
    expect(load).toMatchObject({ failed: 0 });
  });

  test("a gateway whose static clusters change is started again", async () => {
    const before = await mainPid("gateway1", "ingress-gateway");
    const mesh = meshWith({});
    mesh.gateways!["ingress-gateway"]!.extraStaticClustersJson = JSON.stringify({
      name: "sds",
      type: "STATIC",
      connect_timeout: "1s",
      load_assignment: { cluster_name: "sds", endpoints: [] },
    });
    const { result } = await during("static clusters of the only gateway change", () => deploy(mesh));
    expect(result.text).toContain("ingress-gateway serves (restarted: ingress-gateway.service)");
    expect(await mainPid("gateway1", "ingress-gateway")).not.toBe(before);
    const admin = JSON.parse(
      await on("gateway1", "cat /opt/gatehouse/instances/ingress-gateway/current/instance.json"),
    );
    expect(await on("gateway1", `curl -s 127.0.0.1:${admin.adminPort}/clusters | grep -c ^sds::`)).not.toBe("0");
    await deploy(meshWith({}));
    expect((await get(gatewayUrl)).status).toBe(200);
  });

  test("routes that do not answer are put back to those that did", async () => {
    const routes = () => consul<{ Listeners: object[] }>("config/ingress-gateway/ingress-gateway");
    const before = (await routes()).Listeners;
    // Alive for a TCP check, and no HTTP server.
    const mute = { ...backendOn(["worker1"], 9014), health: { tcp: true as const, interval: "1s", timeout: "1s" } };
    mute.run = { binary: "lab/bin/fortio", args: ["tcp-echo", "-tcp-port", "127.0.0.1:9014"] };
    const mesh = meshWith({ mute });
    mesh.gateways!["ingress-gateway"]!.listeners[0]!.services = [{ name: "mute", hosts: ["*"] }];
    const began = Date.now();
    const { exitCode, text } = await failing(mesh);
    expect(exitCode).not.toBe(0);
    expect(text).toContain("the routes of ingress-gateway are back to those that answered before");
    expect((await routes()).Listeners).toEqual(before);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    await deploy(meshWith({}));
    expect((await get(gatewayUrl)).status).toBe(200);
    const seconds = (Date.now() - began) / 1000;
    await record({ section: "Faults", change: "routes that do not answer are put back", sent: 0, failed: 0, seconds });
  });

  test("services may have the names of users, groups and locks", async () => {
    const names = ["deploy", "users", "binaries"];
    const services = Object.fromEntries(names.map((name, at) => [name, backendOn(["worker2"], 9020 + at)]));
    const { load } = await during("services called deploy, users and binaries", async () => {
      await deploy(meshWith(services));
      for (const name of names) {
        expect(await on("worker2", `systemctl show -P User ${name}`)).toBe(`gatehouse-${name}`);
      }
      await deploy(meshWith({}));
    });
    expect(load.codes).toEqual({ "200": load.sent });
    expect(await maintained()).toEqual([]);
  });
});
