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
  on,
  plan,
} from "./support/mesh";

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

  test("go without leftovers", async () => {
    await deploy(declaration());
    expect(
      [await binaries("worker1"), await binaries("worker2")].map((all) => all.split("\n").filter(Boolean).length),
    ).toEqual([1, 1]);
    expect(await doctorVerdict(declaration())).toEqual([]);
  });
});
