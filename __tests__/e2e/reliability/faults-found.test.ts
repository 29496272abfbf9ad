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
} from "../mesh";
import { during } from "../record";
import { maintained, twoOfEach } from "../rollout";

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

describeOnLab("faults that were found by trying", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(meshWith({}));
  });

  test("a first release that failed is deployed once it is corrected, and what failed beside it goes when it is declared no more", async () => {
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

  test("a gateway whose static clusters change is started again", async () => {
    const before = await mainPid("gateway1", "ingress-gateway");
    const mesh = meshWith({});
    mesh.gateways!["ingress-gateway"]!.extraStaticClustersJson = JSON.stringify({
      name: "sds",
      type: "STATIC",
      connect_timeout: "1s",
      load_assignment: { cluster_name: "sds", endpoints: [] },
    });
    const { text } = await deploy(mesh);
    expect(text).toContain("ingress-gateway serves (restarted: ingress-gateway.service)");
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
    const { exitCode, text } = await failing(mesh);
    expect(exitCode).not.toBe(0);
    expect(text).toContain("the routes of ingress-gateway are back to those that answered before");
    expect((await routes()).Listeners).toEqual(before);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    await deploy(meshWith({}));
    expect((await get(gatewayUrl)).status).toBe(200);
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
