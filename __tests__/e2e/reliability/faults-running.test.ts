import { reboot } from "../../../lab";
import type { MeshDeclaration } from "../../../model";
import { pause } from "../support/interrupt";
import { declaration, deploy, describeOnLab, freshLab, gatewayUrl, get, getUntil, on, plan } from "../support/mesh";
import { during } from "../support/record";

jest.setTimeout(300_000);

/** Requests that can be under way: the load's connections. */
const UNDER_WAY = 8;
/** Envoy's limit for a cluster, which Consul has no setting for. */
const RETRIES = 3;

describeOnLab("a running mesh with two instances of each service", () => {
  const mesh = twoOfEach();

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  test("the agent of a worker is restarted: traffic goes on", async () => {
    const { load } = await during("agent of a worker restarted, two instances", async () => {
      await on("worker1", "systemctl restart consul");
      await pause(3000);
    });
    expect(load).toMatchObject({ failed: 0 });
  });

  test("a sidecar's Envoy is killed: systemd starts it again", async () => {
    const kill = "kill -9 $(systemctl show -P MainPID frontend-sidecar-proxy)";
    const { load } = await during("sidecar's Envoy killed, two instances, callers retry", async () => {
      await on("worker1", kill);
      await pause(4000);
    });
    expect(await on("worker1", "systemctl is-active frontend-sidecar-proxy")).toBe("active");
    // Envoy tries three requests at a time again; of more that were with the killed one at that moment, the rest fails.
    expect(load.failed).toBeLessThanOrEqual(UNDER_WAY - RETRIES);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
  });

  test("the gateway's Envoy is killed: it is back as soon as it has started", async () => {
    const { load } = await during("the only gateway's Envoy killed", async () => {
      await on("gateway1", "kill -9 $(systemctl show -P MainPID ingress-gateway)");
      await pause(6000);
    });
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    expect(load.failed).toBeGreaterThan(0); // there is one gateway
  });

  test("a worker is rebooted: the other instances serve", async () => {
    const { load } = await during("worker rebooted, two instances, callers retry", async () => {
      await reboot("worker1");
      await pause(8000);
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await plan(mesh)).toEqual([]);
  });

  test.each([
    ["restarted", "systemctl restart consul"],
    ["gone for 20 s", "systemctl stop consul && sleep 20 && systemctl start consul"],
  ])("Consul's server is %s in the middle of a deploy: the deploy waits, traffic goes on", async (greeting, harm) => {
    const changed = twoOfEach();
    changed.services!.backend!.run.env = { GREETING: greeting };
    changed.gateways!["ingress-gateway"]!.listeners[0]!.services = [
      { name: "frontend", hosts: ["*"] },
      { name: "backend", hosts: [`${greeting.replaceAll(" ", "-")}.test`] },
    ];
    const { load } = await during(`Consul's server ${greeting} in the middle of a deploy`, async () => {
      const harmed = pause(3500).then(() => on("server1", harm));
      await Promise.all([deploy(changed), harmed]);
    });
    expect((await get(gatewayUrl, [`Host: ${greeting.replaceAll(" ", "-")}.test`])).status).toBe(200);
    expect(load).toMatchObject({ failed: 0 });
    expect(await plan(changed)).toEqual([]);
  });
});

/** Callers try another instance when one does not answer: Consul does that where a service-router says so. */
function twoOfEach(): MeshDeclaration {
  const mesh = declaration();
  for (const service of Object.values(mesh.services!)) service.runsOn = ["worker1", "worker2"];
  mesh.configEntries = Object.keys(mesh.services!).map((name) => ({
    kind: "service-router",
    name,
    routes: [
      {
        match: { http: { pathPrefix: "/" } },
        destination: { numRetries: 10, retryOn: ["connect-failure", "reset", "gateway-error"] },
      },
    ],
  }));
  return mesh;
}
