import { appendFileSync, chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import oneWorker from "../../../meshes/examples/one-worker";
import type { MeshDeclaration } from "../../../model";
import { type Load, underLoad } from "../support/load";
import { cdktf, deploy, describeOnLab, freshLab, gatewayUrl, get, mainPid, on, plan } from "../support/mesh";
import { record } from "../support/record";
import { maintained, pids, restarted, roll, twoOfEach, workers } from "../support/rollout";

jest.setTimeout(300_000);

const scratch = "lab/.state/e2e";

/** Binaries on a machine that no release there needs. */
const unneeded =
  "cd /opt/gatehouse && for sha in $(ls binaries incoming/* | grep -v :); do grep -rqF $sha instances || echo $sha; done";

describeOnLab("a service with two instances", () => {
  const mesh = twoOfEach();
  let bad: { load: Load; seconds: number };
  const { frontend, backend } = mesh.services as Record<string, NonNullable<MeshDeclaration["services"]>[string]>;

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  const edits: [string, string[], () => unknown][] = [
    ["an argument", ["backend"], () => backend!.run.args!.push("-H", "X-Release: 2")],
    ["the environment", ["backend"], () => Object.assign(backend!.run, { env: { GREETING: "hello" } })],
    [
      "a binary",
      ["frontend"],
      () => {
        mkdirSync(scratch, { recursive: true });
        copyFileSync(frontend!.run.binary!, `${scratch}/fortio-next`);
        appendFileSync(`${scratch}/fortio-next`, "\n"); // still an ELF file, with another sum
        frontend!.run.binary = `${scratch}/fortio-next`;
      },
    ],
    [
      "a health check",
      [],
      () => Object.assign(backend!, { health: { http: "/debug", interval: "1s", timeout: "1s" } }),
    ],
    ["one more upstream", [], () => Object.assign(frontend!.upstreams!, { stock: { localPort: 5001 } })],
    [
      "an upstream's port",
      ["frontend"],
      () => {
        frontend!.upstreams!.backend = { localPort: 5009 };
        frontend!.run.args = frontend!.run.args!.map((arg) => arg.replace(":5000", ":5009"));
      },
    ],
    [
      "the sidecars' units, as a newer Gatehouse would",
      ["backend", "backend-sidecar-proxy"],
      async () => {
        for (const worker of workers)
          await on(worker, "echo '# older' >>/etc/systemd/system/backend-sidecar-proxy.service");
        backend!.run.env = { GREETING: "again" };
      },
    ],
  ];

  test.each(edits)("%s changes: no request is lost, and only what changed restarts", async (change, units, edit) => {
    await edit();
    const before = await pids("frontend", "backend");
    const { load } = await roll(`two instances: ${change}`, () => deploy(mesh));
    expect(load).toMatchObject({ failed: 0 });
    expect(restarted(before, await pids("frontend", "backend"))).toEqual(
      workers.flatMap((worker) => units.map((unit) => `${worker} ${unit}`)),
    );
  });

  test("a route and an intention restart nothing", async () => {
    mesh.gateways!["ingress-gateway"]!.listeners[0]!.services.push({ name: "stock", hosts: ["stock.test"] });
    mesh.intentions = [{ source: "backend", destination: "stock", action: "allow" }];
    const before = await pids("frontend", "backend", "stock");
    const { load } = await roll("a route and an intention", () => deploy(mesh));
    expect(load).toMatchObject({ failed: 0 });
    expect(restarted(before, await pids("frontend", "backend", "stock"))).toEqual([]);
    expect((await get(gatewayUrl, ["Host: stock.test"])).status).toBe(200);
  });

  test("`mesh rollback` goes back one release at a time; the last three are there", async () => {
    const greeting = async (worker: string) =>
      on(worker, `tr '\\0' '\\n' </proc/${await mainPid(worker, "backend")}/environ | sed -n 's/^GREETING=//p'`);
    const other = await mainPid("worker2", "backend");
    expect(await on("worker1", "ls /opt/gatehouse/instances/backend/releases | wc -l")).toBe("3");
    const { load } = await roll("two instances: mesh rollback, twice, and the next deploy", async () => {
      const said = await on("worker1", "mesh rollback backend");
      expect(said).toMatch(/backend goes back from release \w{12} to \w{12}/);
      expect(said).toContain("Terraform does not know");
      expect(await greeting("worker1")).toBe("hello");
      expect(await on("worker1", "mesh status")).toMatch(
        /release of backend: \w{12}, rolled back by hand; deployed was \w{12}/,
      );
      await on("worker1", "mesh rollback backend");
      expect(await on("worker1", "mesh rollback backend 2>&1 || true")).toContain(
        "there is no release of backend before",
      );
      expect(await mainPid("worker2", "backend")).toBe(other);
      // Terraform knows nothing of it: a deploy that changes the service ends it.
      backend!.run.env = { GREETING: "repaired" };
      return deploy(mesh);
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await greeting("worker1")).toBe("repaired");
    expect(await on("worker1", "mesh status")).not.toContain("rolled back");
  });

  test("releases that do not become healthy are rolled back on their machine, and the others never touched", async () => {
    const broken = structuredClone(mesh);
    const { backend, stock, store, shelf } = broken.services as Record<string, typeof frontend>;
    backend!.run.args = ["no-such-command"];
    stock!.run.args = stock!.run.args!.map((arg) => arg.replace("9012", "9999"));
    writeFileSync(`${scratch}/hangs`, "#!/bin/sh\nexec sleep 600\n");
    chmodSync(`${scratch}/hangs`, 0o755);
    store!.run.binary = `${scratch}/hangs`;
    shelf!.health = { http: "/?status=503", interval: "1s", timeout: "1s" };
    const before = await pids("frontend", "backend", "stock", "store", "shelf");
    const began = Date.now();
    const { load, result } = await underLoad(gatewayUrl, () =>
      cdktf(broken, "deploy", "cluster", "mesh", "--auto-approve"),
    );
    bad = { load, seconds: (Date.now() - began) / 1000 - 2 };
    expect(load).toMatchObject({ failed: 0 });
    expect(result.exitCode).not.toBe(0);
    for (const name of ["backend", "stock", "store", "shelf"]) {
      expect(result.text).toContain(`error: ${name} is not healthy; this node went back to release`);
      expect(result.text).toContain(`the last lines of ${name}.service:`);
    }
    expect(result.text).toContain("nothing listens on 127.0.0.1:9012");
    expect(result.text).toContain("health: critical HTTP GET http://127.0.0.1:9014/?status=503: 503");
    const after = await pids("frontend", "backend", "stock", "store", "shelf");
    expect(restarted(before, after).sort()).toEqual(["worker1 backend", "worker1 stock", "worker1 store"]);
    expect(await maintained()).toEqual([]);
  });

  test("the next good release just works, and nothing is left of the bad ones", async () => {
    backend!.run.env = { GREETING: "good" };
    const began = Date.now();
    const { load } = await underLoad(gatewayUrl, () => deploy(mesh));
    const seconds = (Date.now() - began) / 1000 - 2;
    await record({
      section: "Rollouts",
      change: "two instances: releases that exit, hang, listen elsewhere, fail their check; then a good one",
      sent: bad.load.sent + load.sent,
      failed: bad.load.failed + load.failed,
      seconds: bad.seconds + seconds,
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await plan(mesh)).toEqual([]);
    for (const worker of workers) expect(await on(worker, unneeded)).toBe("");
  });

  test("the only instance is away while its process starts: its callers wait, and the deploy says so", async () => {
    const alone = structuredClone(mesh);
    alone.services!.backend!.runsOn = ["worker1"];
    await deploy(alone);
    alone.services!.backend!.run.env = { GREETING: "alone" };
    const { load, result } = await roll("one instance: the environment (callers wait a second)", () => deploy(alone));
    expect(result.text).toMatch(/backend was away for \d+ ms: it is the only instance/);
    expect(load.failed).toBeLessThanOrEqual(8); // 8 at a time: those that the old process was just answering
    expect(await on("worker1", "nft list tables")).toBe("table inet gatehouse_fence"); // the hold is not kept
    alone.services!.frontend!.upstreams!.store = { localPort: 5002 };
    alone.services!.backend!.health = { http: "/", interval: "1s", timeout: "1s" };
    const reloaded = await roll("one instance: a health check and an upstream", () => deploy(alone));
    expect(reloaded.load).toMatchObject({ failed: 0 });
  });
});

describeOnLab("one worker with two instances of each service", () => {
  const mesh = structuredClone(oneWorker);
  const { frontend, backend } = mesh.services as Record<string, NonNullable<MeshDeclaration["services"]>[string]>;
  const units = ["frontend", "frontend_2", "backend", "backend_2"];
  const running = async () => Promise.all(units.map((unit) => mainPid("worker1", unit)));

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  test("both services change: no request is lost, and each instance is another process", async () => {
    const before = await running();
    backend!.run.args!.push("-H", "X-Release: 2");
    frontend!.run.env = { RELEASE: "2" };
    const { load } = await roll("one worker, two instances of each service there: both change", () => deploy(mesh));
    expect(load).toMatchObject({ failed: 0 });
    const after = await running();
    expect(units.filter((_, index) => after[index] === before[index])).toEqual([]);
    expect(await plan(mesh)).toEqual([]);
  });

  test("a release that does not become healthy is taken back on the first instance, and the second never touched", async () => {
    const before = await running();
    const broken = structuredClone(mesh);
    broken.services!.backend!.run.args = ["no-such-command", "%port"];
    const { load, result } = await underLoad(gatewayUrl, () =>
      cdktf(broken, "deploy", "cluster", "mesh", "--auto-approve"),
    );
    expect(load).toMatchObject({ failed: 0 });
    expect(result.exitCode).not.toBe(0);
    const after = await running();
    expect(units.filter((_, index) => after[index] !== before[index])).toEqual(["backend"]);
    expect(await maintained()).toEqual([]);
  });
});
