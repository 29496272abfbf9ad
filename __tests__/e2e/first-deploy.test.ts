import { callersIn, changes, reboot } from "../../lab";
import {
  cdktf,
  consul,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  getUntil,
  mainPid,
  on,
  plan,
  twoPairs,
  withoutAccountBackups,
} from "./support/mesh";

jest.setTimeout(300_000);

const machines = ["server1", "gateway1", "worker1", "worker2"];

describeOnLab("the seed's mesh", () => {
  let pristine: Record<string, string>[];

  beforeAll(async () => {
    await freshLab();
    pristine = machines.map(changes).map(withoutAccountBackups);
    await deploy(declaration());
  });

  test("answers through the gateway, and the backend sees who calls: the frontend", async () => {
    const { status, body } = await get(`${gatewayUrl}/debug`);
    expect(status).toBe(200);
    expect(body).toContain("worker2");
    expect(callersIn(body).at(-1)).toMatch(/^spiffe:\/\/.*\/svc\/frontend$/);
  });

  test("a second deploy has nothing to do", async () => {
    expect(await plan(declaration())).toEqual([]);
  });

  test("an edge that is not declared is refused", async () => {
    // Consul's own proxy with the backend's token and certificate: what root on the backend's machine could try.
    const token = "-token-file /opt/gatehouse/secrets/backend.token";
    const proxy = `consul connect proxy -service backend -upstream frontend:7777 ${token}`;
    await on("worker2", `systemd-run --quiet --unit intruder ${proxy}`);
    const ask = "curl -s -o /dev/null -m 2 -w '%{http_code}' http://127.0.0.1:7777/ || true";
    let answer = "000";
    for (let tries = 0; tries < 20 && answer === "000"; tries++) answer = await on("worker2", `sleep 0.5; ${ask}`);
    await on("worker2", "systemctl stop intruder");
    expect(answer).toBe("403");
  });

  test("the servers carry no workload", async () => {
    expect(await on("server1", "pgrep -c 'envoy|fortio' || true")).toBe("0");
  });

  test("only the service whose setting changed is touched", async () => {
    const mesh = declaration();
    mesh.services!.backend!.run.env = { GREETING: "hello" };
    expect(await plan(mesh)).toEqual(["null_resource.instance_backend_worker2 replaced"]);
    const units = [
      ["worker1", "frontend"],
      ["worker1", "frontend-sidecar-proxy"],
      ["worker2", "backend-sidecar-proxy"],
      ["gateway1", "ingress-gateway"],
      ["worker2", "consul"],
    ] as const;
    const pids = () => Promise.all(units.map(([machine, unit]) => mainPid(machine, unit)));
    const [before, backend] = [await pids(), await mainPid("worker2", "backend")];
    await deploy(mesh);
    expect(await pids()).toEqual(before);
    const now = await mainPid("worker2", "backend");
    expect(now).not.toBe(backend);
    expect(await on("worker2", `tr '\\0' '\\n' </proc/${now}/environ`)).toContain("GREETING=hello");
    expect((await get(gatewayUrl)).status).toBe(200);
  });

  test("a second pair comes without a restart of the first, and goes without leftovers", async () => {
    const mesh = declaration();
    await deploy(mesh);
    const [before, consulPids] = [machines.map(changes), await consulPid()];
    await deploy(twoPairs("front.test"));
    const answer = await get(`${gatewayUrl}/debug`, ["Host: shop.test"]);
    expect(answer.status).toBe(200);
    expect(callersIn(answer.body).at(-1)).toMatch(/\/svc\/shop$/);
    expect((await get(gatewayUrl, ["Host: front.test"])).status).toBe(200);
    expect((await get(gatewayUrl, ["Host: other.test"])).status).toBe(404);

    await deploy(mesh);
    expect(await consulPid()).toEqual(consulPids); // reloaded, not restarted
    expect(machines.map(changes).map(withoutReleases)).toEqual(before.map(withoutReleases));
    expect(Object.keys(await consul<object>("catalog/services")).sort()).toEqual([
      "backend",
      "backend-sidecar-proxy",
      "consul",
      "frontend",
      "frontend-sidecar-proxy",
      "ingress-gateway",
    ]);
    for (const kind of ["service-defaults", "service-intentions"]) {
      const names = (await consul<{ Name: string }[]>(`config/${kind}`)).map(({ Name }) => Name);
      expect(names).not.toEqual(expect.arrayContaining(["shop"]));
      expect(names).not.toEqual(expect.arrayContaining(["stock"]));
    }
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
  });

  test("a worker that is rebooted comes back with its service", async () => {
    await reboot("worker2");
    // Consul's agent tells the servers again only after a quarter of a minute when they were not there at first.
    expect((await getUntil(200, `${gatewayUrl}/debug`, [], 90)).status).toBe(200);
    expect(await plan(declaration())).toEqual([]);
  });

  test("the help command tells what runs", async () => {
    const status = await on("worker1", "mesh status");
    expect(status).toMatch(/^frontend\.service +active +enabled/m);
    expect(status).toMatch(/^frontend-sidecar-proxy\.service +active +enabled/m);
    expect(status).toContain("envoy of frontend: LIVE");
    expect(await on("gateway1", "mesh routes")).toBe("ingress-gateway :8080 http host * -> frontend");
    expect(await on("worker1", "mesh logs frontend -n 5")).toContain("fortio");
    expect(await on("worker1", "mesh config frontend")).toContain("-sidecar-for frontend");
    const pid = await mainPid("worker1", "frontend");
    await on("worker1", "mesh restart frontend");
    expect(await mainPid("worker1", "frontend")).not.toBe(pid);
    expect(await on("worker1", "mesh logs nothing 2>&1 || true")).toBe(
      "mesh: no 'nothing' on this node; there are: frontend",
    );
  });

  test("destroy leaves the machines as they were", async () => {
    const { exitCode, text } = await cdktf(declaration(), "destroy", "cluster", "mesh", "--auto-approve");
    expect(text.slice(-2000)).toContain("Destroy complete!");
    expect(exitCode).toBe(0);
    await new Promise((done) => setTimeout(done, 4000)); // until the last program has taken itself away
    expect(machines.map(changes).map(withoutAccountBackups)).toEqual(pristine);
    for (const machine of machines) {
      expect(await on(machine, "ls -A /tmp /run | grep -i gatehouse || true")).toBe("");
      expect(await on(machine, "pgrep -c 'envoy|fortio|consul' || true")).toBe("0");
    }
  });
});

const consulPid = () => Promise.all(["worker1", "worker2"].map((machine) => mainPid(machine, "consul")));

/** Earlier releases of what is still declared stay on purpose; Consul's own data changes by itself. */
function withoutReleases(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(
      ([path]) => !path.includes("/releases/") && !/^\/opt\/(consul|gatehouse\/ran)\//.test(path),
    ),
  );
}
