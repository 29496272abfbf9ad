/** Two meshes of two teams on one Consul and on the same nodes: what happens to the one is no matter of the other. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgetState, ssh } from "../../lab";
import { readSecrets } from "../../mesh-secrets";
import { layout, type MeshDeclaration } from "../../model";
import { output } from "../../toolchain";
import { doctor, doctorVerdict } from "./support/doctor";
import { underLoad } from "./support/load";
import {
  backendOn,
  cdktf,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  frontendOn,
  gatewayUrl,
  getUntil,
  managementToken,
  on,
  plan,
} from "./support/mesh";
import { untilWell } from "./support/on-node";

jest.setTimeout(600_000);

const nodes = ["gateway1", "worker1", "worker2"];
const stockUrl = "http://10.77.0.11:8090";

/** The other team's: Consul was there before, and the nodes are those of the lab's mesh. */
function stock(): MeshDeclaration {
  const { ssh, consul, nodes: all } = declaration();
  return {
    name: "stock",
    consul: { ...consul, existing: true },
    ssh,
    nodes: Object.fromEntries(nodes.map((name) => [name, all[name]!])),
    services: {
      store: frontendOn(["worker1", "worker2"], 9021, "pantry", 5021),
      pantry: backendOn(["worker2"], 9022),
    },
    gateways: {
      "stock-gateway": {
        runsOn: ["gateway1"],
        listeners: [{ port: 8090, protocol: "http", services: [{ name: "store", hosts: ["*"] }] }],
      },
    },
    ports: { admin: 30000, sidecars: 31000 },
  };
}

/** As the other team, whose token and certificates for Consul are in its environment. */
async function asTheOtherTeam<T>(what: () => Promise<T>): Promise<T> {
  const folder = "lab/.state/e2e/stock";
  mkdirSync(folder, { recursive: true });
  const secrets = readSecrets("lab");
  const server = secrets?.servers?.server1;
  const files = { CONSUL_CACERT: secrets?.ca?.cert, CONSUL_CLIENT_CERT: server?.cert, CONSUL_CLIENT_KEY: server?.key };
  const environment: Record<string, string> = { CONSUL_HTTP_TOKEN: managementToken() };
  for (const [name, text] of Object.entries(files)) {
    environment[name] = join(process.cwd(), folder, name);
    writeFileSync(environment[name], text ?? "", { mode: 0o600 });
  }
  Object.assign(process.env, environment);
  try {
    return await what();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}

const deployStock = (mesh: MeshDeclaration) =>
  asTheOtherTeam(async () => {
    const run = await cdktf(mesh, "deploy", "mesh", "--auto-approve");
    if (run.exitCode !== 0) throw new Error(`the deploy failed:\n${run.text.slice(-6000)}`);
    return run;
  });

const destroyed = async (mesh: MeshDeclaration, ...stacks: string[]) => {
  const run = await cdktf(mesh, "destroy", ...stacks, "--auto-approve");
  if (run.exitCode !== 0) throw new Error(`the destroy failed:\n${run.text.slice(-6000)}`);
};

const document = (what: object) => JSON.stringify({ mesh: "stock", node: "worker1", ...what });

/** Main processes of the units of a mesh, on all nodes. */
async function processes(mesh: string): Promise<string> {
  const look = `for unit in $(grep -lE "^Description=.* mesh ${mesh}$" /etc/systemd/system/*.service | xargs -rn1 basename); do
    echo $unit $(systemctl show -P MainPID -P ActiveEnterTimestampMonotonic $unit); done`;
  return (await Promise.all(nodes.map((node) => on(node, look)))).join("");
}

/** Files that name a mesh, or that are of an instance of it. */
const traces = (mesh: string, ...names: string[]) =>
  Promise.all(
    nodes.map((node) =>
      on(
        node,
        `find /opt/gatehouse /etc/consul.d /etc/systemd/system | grep -E '[/._-](${[mesh, ...names].join("|")})([/._-]|$)' | grep -v pstore || true`,
      ),
    ),
  ).then((all) => all.join(""));

/** Does it while clients call the lab's mesh; nothing of that fails, and no process of it is another one afterwards. */
async function withTheLabUntouched(what: () => Promise<void>): Promise<void> {
  const before = await processes("lab");
  expect(before).toContain("frontend.service");
  const { load } = await underLoad(gatewayUrl, what);
  expect(load).toMatchObject({ failed: 0 });
  expect(await processes("lab")).toBe(before);
}

/** Without the entries in Consul. */
const onNodes = (lines: string[]) => lines.filter((line) => !line.includes("consul: "));

async function preflight(mesh: MeshDeclaration): Promise<string> {
  const file = "lab/.state/e2e/preflight-mesh.ts";
  writeFileSync(file, `export default ${JSON.stringify(mesh, null, 2)};\n`);
  const env = { ...process.env, GATEHOUSE_MESH: file, FORCE_COLOR: "0", CI: "1" };
  const { stdout, stderr } = await output(process.execPath, ["bin/gatehouse.js", "preflight"], {}, { env });
  return stdout + stderr;
}

describeOnLab("two meshes on the same nodes", () => {
  beforeAll(async () => {
    await freshLab();
    forgetState("stock");
    await deploy(declaration());
  });

  test("the second comes, and the first does not notice", async () => {
    await withTheLabUntouched(async () => {
      expect(await asTheOtherTeam(() => preflight(stock()))).not.toContain("problem");
      await deployStock(stock());
    });
    expect((await getUntil(200, stockUrl)).status).toBe(200);
    expect(await asTheOtherTeam(() => plan(stock()))).toEqual([]);
    expect(await plan(declaration())).toEqual([]);
    expect(await asTheOtherTeam(() => doctorVerdict(stock()))).toEqual([]);
    expect(onNodes(await doctorVerdict(declaration()))).toEqual([]);
    const status = await on("worker1", "mesh status");
    expect(status).toMatch(/release of frontend \(mesh lab\)/);
    expect(status).toMatch(/release of store \(mesh stock\)/);
  });

  test("the same name, the same port and another name of the mesh are told before", async () => {
    const taken = stock();
    taken.services!.frontend = frontendOn(["worker1"], 9031, "pantry", 5022);
    taken.services!.till = frontendOn(["worker1"], 9001, "pantry", 5023);
    const told = await asTheOtherTeam(() => preflight(taken));
    expect(told).toContain("frontend is there, of mesh lab");
    expect(told).toContain("held by frontend.service of mesh lab");
    const elsewhere = stock();
    elsewhere.services!.backend = backendOn(["worker1"], 9025);
    expect(await asTheOtherTeam(() => preflight(elsewhere))).toContain("Consul has backend of mesh lab on worker2");
    // On the node itself, where a deploy without a preflight ends.
    const health = { direct: false, timeoutSeconds: 1, steadySeconds: 1 };
    const frontend = {
      name: "frontend",
      kind: "service",
      release: "r1",
      files: [],
      adminPort: 1,
      health,
      drain: false,
    };
    const refused = await ssh("worker1", `${layout.programOf("stock")} instance apply`, document(frontend));
    expect(refused.stderr).toContain(
      "frontend is of the mesh lab on this node, and the deploy is of stock: nothing was changed",
    );
  });

  test("a service of the first calls one of the second, once both teams have declared it", async () => {
    const lab = declaration();
    lab.consul.services = { pantry: { protocol: "http" } };
    lab.services!.frontend!.upstreams!.pantry = { localPort: 5029 };
    const stocked = stock();
    stocked.consul.services = { frontend: { protocol: "http" } };
    stocked.intentions = [{ source: "frontend", destination: "pantry", action: "allow" }];
    const status = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:5029/";
    expect(await preflight(lab)).toContain("no intention of pantry allows calls of frontend");
    await deploy(lab);
    expect(await doctorVerdict(lab)).toContainEqual(expect.stringContaining("frontend -> pantry"));
    await deployStock(stocked);
    await untilWell("worker1", `[ "$(${status})" = 200 ]`);
    expect(await preflight(lab)).not.toContain("pantry");
    expect(onNodes(await doctorVerdict(lab))).toEqual([]);
    await deployStock(stock());
    await deploy(declaration());
  });

  test("its day: a release, a service that goes, repairs, a node that is retired", async () => {
    const mesh = stock();
    await withTheLabUntouched(async () => {
      mesh.services!.pantry!.run.env = { GREETING: "new" };
      await deployStock(mesh);
      expect(await asTheOtherTeam(() => plan(mesh))).toEqual([]);
      await on("worker2", "systemctl disable --now pantry.service");
      await asTheOtherTeam(() => doctor(mesh, "--mend", "--auto-approve"));
      expect(await on("worker2", "systemctl is-active pantry.service")).toBe("active");
      await on("worker2", "mesh rollback pantry && mesh restart pantry");
      await asTheOtherTeam(() => doctor(mesh, "--mend", "--auto-approve"));
      mesh.services!.store!.runsOn = ["worker2"];
      mesh.nodes.worker1!.retired = true;
      await deployStock(mesh);
    });
    expect(await on("worker1", "ls /opt/gatehouse/meshes /opt/gatehouse/bin")).not.toContain("stock");
    expect(await on("worker1", "systemctl is-enabled gatehouse-drain.service")).toBe("enabled");
    expect((await getUntil(200, stockUrl)).status).toBe(200);
    expect(await asTheOtherTeam(() => doctorVerdict(mesh))).toEqual([]);
    expect(onNodes(await doctorVerdict(declaration()))).toEqual([]);
  });

  test("a sweep of the first leaves the second alone", async () => {
    const before = await processes("stock");
    const mesh = declaration();
    mesh.services!.extra = backendOn(["worker2"], 9031);
    const { load } = await underLoad(stockUrl, async () => {
      await deploy(mesh);
      await deploy(declaration());
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await processes("stock")).toBe(before);
    expect(await on("worker2", "ls /etc/systemd/system")).not.toContain("extra");
  });

  test("the agent stays as long as the second needs it", async () => {
    const before = await processes("stock");
    await destroyed(declaration(), "mesh");
    expect(await processes("stock")).toBe(before);
    const refused = await cdktf(declaration(), "destroy", "mesh", "cluster", "--auto-approve");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.text.replace(/\s+/g, " ")).toContain("This node has instances of: stock");
    expect((await getUntil(200, stockUrl)).status).toBe(200);
    expect(await processes("stock")).toBe(before);
  });

  test("the second goes, and leaves the first and nothing of its own", async () => {
    await deploy(declaration());
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
    const mesh = stock();
    mesh.services!.store!.runsOn = ["worker2"];
    mesh.nodes.worker1!.retired = true;
    await withTheLabUntouched(() => asTheOtherTeam(() => destroyed(mesh, "mesh")));
    expect(await traces("stock", "store", "pantry")).toBe("");
    expect(onNodes(await doctorVerdict(declaration()))).toEqual([]);
    await destroyed(declaration(), "mesh", "cluster");
    expect(await traces("lab", "frontend", "gatehouse")).toBe("");
  });
});
