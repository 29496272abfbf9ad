/** Services of several files: folders of the project in Node.js and Python, and an artifact that a node fetches. */
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { MeshDeclaration } from "../../model";
import { doctor, doctorVerdict } from "./support/doctor";
import { apps, examples, prepare } from "./support/examples";
import { underLoad } from "./support/load";
import {
  cdktf,
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
} from "./support/mesh";
import { preflightFindings } from "./support/recover";
import { identity, LEGACY, startLegacy, withTheirs } from "./support/theirs";

jest.setTimeout(300_000);

describeOnLab("files and artifacts", () => {
  let server: Server;
  const binaries = (node: string) => on(node, "ls /opt/gatehouse/binaries");
  const failing = async (mesh: MeshDeclaration) => {
    const { exitCode, text } = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    return text;
  };

  beforeAll(async () => {
    await freshLab();
    server = await prepare();
    await deploy(examples());
  });
  afterAll(() => server?.close());

  test("serve, each from a folder that only root can change", async () => {
    expect((await getUntil(200, gatewayUrl)).body).toMatch(/^Hello, mesh, from Node.js v/);
    expect((await getUntil(200, gatewayUrl, ["Host: python.test"])).body).toMatch(/^Good day, .* from Python 3/);
    expect((await getUntil(200, gatewayUrl, ["Host: fetched.test"])).body).toBe("Hello from an artifact\n");
    const folder = await on("worker1", "systemctl show -P WorkingDirectory nodejs");
    expect(folder).toMatch(/^\/opt\/gatehouse\/binaries\/[0-9a-f]{64}\/files$/);
    expect(await on("worker1", `cd ${folder} && stat -c '%n %U %a' . lib server.js`)).toBe(
      ". root 755\nlib root 755\nserver.js root 644",
    );
    expect(await on("worker1", "ls /opt/gatehouse/incoming/lab")).toBe("");
    expect(await plan(examples())).toEqual([]);
    expect(await doctorVerdict(examples())).toEqual([]);
  });

  test("a changed file rolls without a lost request", async () => {
    writeFileSync(`${apps}/nodejs/lib/greeting.js`, "exports.greeting = () => 'second';");
    const instances = (await plan(examples())).filter((line) => line.includes(".instance_"));
    expect(instances).toEqual([1, 2].map((node) => `null_resource.instance_nodejs_worker${node} replaced`));
    const { load } = await underLoad(gatewayUrl, () => deploy(examples()), { qps: 100 });
    expect(load.codes).toEqual({ "200": load.sent });
    expect((await get(gatewayUrl)).body).toBe("second\n");
  });

  test("a broken one goes back to what served", async () => {
    writeFileSync(`${apps}/nodejs/server.js`, "throw new Error('broken on purpose');");
    const text = await failing(examples());
    expect(text).toMatch(/nodejs is not healthy; this node went back to release \w+, which serves/);
    expect((await getUntil(200, gatewayUrl)).body).toBe("second\n");
  });

  test("an artifact that is not there, or cannot start, changes nothing", async () => {
    const text = await failing(examples({ file: "none.tar.gz", first: "#!/usr/bin/python3" }));
    expect(text).toContain("could not be fetched from http://10.77.0.1:8000/none.tar.gz: the answer is 404 Not Found");
    expect(await failing(examples({ first: "#!/usr/bin/ruby" }))).toMatch(
      /bin\/hello cannot be started: the program that starts it is not on this node: \/usr\/bin\/ruby; nothing was changed/,
    );
    expect((await get(gatewayUrl, ["Host: fetched.test"])).status).toBe(200);
  });

  test("the doctor finds a changed file, and puts it back", async () => {
    writeFileSync(
      `${apps}/nodejs/server.js`,
      "require('./lib/greeting.js'); require('node:http')" +
        ".createServer((_, answer) => answer.end('third')).listen(9021, '127.0.0.1');",
    );
    await deploy(examples());
    const folder = await on("worker1", "systemctl show -P WorkingDirectory nodejs");
    await on("worker1", `echo 'process.exit(1);' >${folder}/server.js`);
    expect(await doctorVerdict(examples())).toEqual([expect.stringContaining(`worker1: ${folder}`)]);
    await doctor(examples(), "--fix", "--auto-approve");
    expect(await doctorVerdict(examples())).toEqual([]);
    expect((await getUntil(200, gatewayUrl)).body).toBe("third");
  });

  describe("next to a unit that others own, and a process with two services", () => {
    let theirs = "";
    const answers = async () => {
      const all = [LEGACY, "pair", "admin"].map((name) => getUntil(200, gatewayUrl, [`Host: ${name}.test`]));
      return (await Promise.all(all)).map(({ body }) => body.trim());
    };
    const alone = "setpriv --reuid 65534 --regid 65534 --clear-groups curl -s -o /dev/null -m 5";
    const reaches = (node: string, port: number) =>
      on(node, `${alone} http://127.0.0.1:${port}/ && echo yes || echo no`);

    const legacy = (finding: object) =>
      expect.objectContaining({ node: "worker2", check: "legacy.service", ...finding });

    beforeAll(async () => {
      await startLegacy();
      theirs = await identity();
    });
    afterEach(async () => expect(await identity()).toBe(theirs));

    test("all of them are called, and the unit is as it was", async () => {
      const elsewhere = await preflightFindings(withTheirs(examples(), { port: 9032 }));
      expect(elsewhere).toContainEqual(legacy({ severity: "problem", found: "nothing listens on 127.0.0.1:9032" }));
      await deploy(withTheirs(examples()));
      expect(await answers()).toEqual(["by hand", "first 9041", "first 9042"]);
      expect(await doctorVerdict(withTheirs(examples()))).toEqual([]);
      expect(await plan(withTheirs(examples()))).toEqual([]);
      // Its other callers still reach the unit; those of the mesh's own process do not.
      expect([await reaches("worker2", 9031), await reaches("worker1", 9042)]).toEqual(["yes", "no"]);
      expect(await on("worker1", "systemctl list-unit-files 'admin*.service' --no-legend | cut -d' ' -f1")).toBe(
        "admin-sidecar-proxy.service",
      );
    });

    test("a change restarts the one process, and both of its services answer", async () => {
      const before = await mainPid("worker1", "pair");
      await deploy(withTheirs(examples(), { word: "second" }));
      expect(await mainPid("worker1", "pair")).not.toBe(before);
      expect(await answers()).toEqual(["by hand", "second 9041", "second 9042"]);
      expect(await doctorVerdict(withTheirs(examples(), { word: "second" }))).toEqual([]);
    });

    test("a release at a port where nothing listens goes back", async () => {
      const text = await failing(withTheirs(examples(), { word: "second", port: 9032 }));
      expect(text).toMatch(/legacy is not healthy; this node went back to release \w+, which serves/);
      expect(await answers()).toEqual(["by hand", "second 9041", "second 9042"]);
    });

    test("a rollback and a restart on the node leave it alone", async () => {
      await on("worker2", "mesh rollback legacy");
      expect(await on("worker2", "mesh restart legacy")).toContain(
        "legacy.service serves for legacy, and was not restarted",
      );
      expect((await answers())[0]).toBe("by hand");
    });

    test("one that was stopped is told by the doctor, and no deploy starts it", async () => {
      const mesh = withTheirs(examples(), { word: "third" });
      await on("worker2", "systemctl stop legacy");
      expect(await preflightFindings(mesh)).toContainEqual(legacy({ severity: "warning", found: "it is inactive" }));
      expect(await doctorVerdict(mesh)).toContainEqual(expect.stringMatching(/worker2: legacy\.service.*inactive/));
      expect(await failing(mesh)).toMatch(
        /legacy\.service, whose process serves as legacy, is inactive.*nothing was changed/s,
      );
      expect(await on("worker2", "systemctl is-active legacy || true")).toBe("inactive");
      await on("worker2", "systemctl start legacy");
      theirs = await identity();
    });

    test("it is still there when its service is not", async () => {
      await deploy(examples());
      expect(await on("worker2", "curl -s http://127.0.0.1:9031/")).toBe("by hand");
      const left = `ls -d /etc/consul.d/legacy.hcl /etc/systemd/system/legacy-sidecar-proxy.service /opt/gatehouse/*/legacy*`;
      expect(await on("worker2", `${left} 2>/dev/null || true`)).toBe("");
      expect(await doctorVerdict(examples())).toEqual([]);
    });
  });

  test("go without leftovers", async () => {
    await deploy(declaration());
    expect(
      [await binaries("worker1"), await binaries("worker2")].map((all) => all.split("\n").filter(Boolean).length),
    ).toEqual([1, 1]);
    expect(await doctorVerdict(declaration())).toEqual([]);
  });
});
