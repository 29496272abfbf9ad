/** nginx and PostgreSQL as the distribution's packages run them, in the mesh: called under load, broken, removed, and never touched. */
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { doctorVerdict } from "../support/doctor";
import { underLoad } from "../support/load";
import { cdktf, declaration, deploy, describeOnLab, gatewayUrl, getUntil, on, plan } from "../support/mesh";

jest.setTimeout(300_000);

const NGINX = "nginx.service";
const POSTGRES = "postgresql@15-main.service";

/** A page that asks the database through the mesh. */
const page = `
  const { execFile } = require('node:child_process');
  const words = ['-h', '127.0.0.1', '-p', '5433', '-U', 'shop', '-tAc', 'select 6 * 7', 'postgres'];
  require('node:http').createServer((_, answer) => execFile('/usr/lib/postgresql/15/bin/psql', words, (error, text) => {
    answer.writeHead(error ? 500 : 200).end(error ? String(error) : text);
  })).listen(9021, '127.0.0.1')`.replaceAll("\n", " ");

/** nginx on two workers, PostgreSQL on worker2 and a service on worker1 that calls it. */
function programs({ version = "1", port = 5432, site = 80 } = {}): MeshDeclaration {
  const mesh = declaration();
  const health = { http: "/", interval: "1s", timeout: "1s", startTimeout: "10s" };
  mesh.services = {
    site: {
      ...{ runsOn: ["worker1", "worker2"], port: site, protocol: "http", meta: { version }, health },
      run: { unit: NGINX },
    },
    db: {
      ...{ runsOn: ["worker2"], port, protocol: "tcp", meta: { version } },
      run: { unit: POSTGRES },
      health: {
        script: ["/usr/lib/postgresql/15/bin/pg_isready", "-q", "-h", "127.0.0.1"],
        interval: "2s",
        timeout: "2s",
        startTimeout: "10s",
      },
    },
    page: {
      ...{ runsOn: ["worker1"], port: 9021, protocol: "http", health },
      run: { command: ["/usr/bin/node", "-e", page], env: { PGPASSWORD: "of the test" } },
      upstreams: { db: { localPort: 5433 } },
    },
  };
  mesh.gateways!["ingress-gateway"]!.listeners[0]!.services = [
    { name: "site", hosts: ["*"] },
    { name: "page", hosts: ["page.test"] },
  ];
  return mesh;
}

/** Processes, since when they run, and files of both units on both workers. */
async function identity(): Promise<string> {
  const look = `for unit in ${NGINX} ${POSTGRES} postgresql.service; do systemctl show -p Id -p MainPID -p ActiveEnterTimestampMonotonic -p UnitFileState -p NRestarts -p DropInPaths $unit; done; sha256sum /lib/systemd/system/nginx.service /lib/systemd/system/postgresql*.service`;
  return (await Promise.all(["worker1", "worker2"].map((node) => on(node, look)))).join("\n");
}

describeOnLab("nginx and PostgreSQL as existing units", () => {
  let theirs = "";

  beforeAll(async () => {
    const env = { ...process.env, GATEHOUSE_LAB_PACKAGES: "nginx,postgresql" };
    const made = await output(process.execPath, ["bin/gatehouse.js", "lab", "reset"], {}, { env });
    if (made.exitCode !== 0) throw new Error(`${made.stdout}\n${made.stderr}`);
    await on("worker2", `cd / && su postgres -c "psql -qc \\"create role shop login password 'of the test'\\""`);
    theirs = await identity();
    await deploy(programs());
  });
  afterEach(async () => expect(await identity()).toBe(theirs));

  test("are called through the mesh, by tcp too", async () => {
    expect((await getUntil(200, gatewayUrl)).body).toContain("Welcome to nginx");
    expect((await getUntil(200, gatewayUrl, ["Host: page.test"])).body).toBe("42\n");
    expect(await doctorVerdict(programs())).toEqual([]);
    expect(await plan(programs())).toEqual([]);
  });

  test("are registered once more under load without a lost request", async () => {
    const { load } = await underLoad(gatewayUrl, () => deploy(programs({ version: "2" })), { qps: 100 });
    expect(load.codes).toEqual({ "200": load.sent });
    expect((await getUntil(200, gatewayUrl, ["Host: page.test"])).body).toBe("42\n");
  });

  test.each([
    ["site", { version: "3", site: 81 }],
    ["db", { version: "3", port: 5439 }],
  ])("a release of %s at a port where nothing listens goes back", async (name, broken) => {
    const { exitCode, text } = await cdktf(programs(broken), "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(new RegExp(`${name} is not healthy; this node went back to release \\w+, which serves`));
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    expect((await getUntil(200, gatewayUrl, ["Host: page.test"])).body).toBe("42\n");
  });

  test("go without leftovers, and run on", async () => {
    await deploy(declaration());
    expect(await doctorVerdict(declaration())).toEqual([]);
    expect(await on("worker1", "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/")).toBe("200");
  });
});
