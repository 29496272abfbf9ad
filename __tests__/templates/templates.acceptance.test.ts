/** The rendered files held against the programs that will read them. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { AgentDeclaration, HealthDeclaration } from "../../model";
import { agentRelease, instanceRelease, type NodeFile, nodeRelease, userData } from "../../templates";
import { which } from "../../toolchain";
import { nasty } from "../support/nasty";
import { content, gateway, instanceOf, mesh, server, service, worker } from "../support/parts";
import { documentOf } from "../support/programs";

jest.setTimeout(900_000);

let folder: string;
let consul: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rendered-"));
  // In a process of its own: the first time this builds Consul.
  consul = execFileSync(process.execPath, ["--import", "tsx", "toolchain/part.ts", "consul"], {
    encoding: "utf8",
  }).trim();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A test that needs a program; where that is missing it is skipped and says so. */
function testWith(program: string, name: string, body: () => void): void {
  if (which(program)) return void test(name, body);
  console.warn(`SKIPPED, since ${program} is not installed: ${name}`);
  test.skip(name, body);
}

testWith("shellcheck", "every shell file passes shellcheck", () => {
  const folders = ["templates/shell", "lab", "toolchain", "terraform", ".ci"];
  const files = folders
    .flatMap((one) => readdirSync(one).map((name) => join(one, name)))
    .filter((file) => /\.sh$|\.ci\/run$/.test(file));
  expect(files.length).toBeGreaterThan(10);
  const { stdout, status } = spawnSync("shellcheck", ["-x", "-S", "warning", ...files], { encoding: "utf8" });
  expect(`${stdout}exit ${status}`).toBe("exit 0");
});

describe("Consul accepts", () => {
  const health: HealthDeclaration[] = [
    { tcp: true },
    { http: "/a%20b?c=${d}" },
    { grpc: "shop.Cart" },
    { grpc: "" },
    { script: ["/bin/true", ...nasty] },
    { http: "/", port: 9011, method: "HEAD", header: { Host: nasty, "X-Key": [] }, tls: true, successBeforePassing: 2 },
    { tcp: true, port: 9011, tls: true, failuresBeforeCritical: 3 },
    { grpc: "", tls: true },
  ];

  test.each(health)("a service with the check %j", (check) => {
    const { files } = instanceRelease(
      mesh(),
      instanceOf(service({ health: { ...check, interval: "2s", timeout: "1s" } })),
    );
    expect(validate(files)).toBe("");
  });

  test("a service without a port", () => {
    const upstreams = [{ name: "backend", localPort: 5000 }];
    const { files } = instanceRelease(mesh(), instanceOf(service({ port: undefined, upstreams })));
    expect(validate(files)).toBe("");
  });

  test("a gateway", () => {
    expect(validate(instanceRelease(mesh(), instanceOf(gateway())).files)).toBe("");
  });

  test.each([server, worker])("the agent of a $role", (node) => {
    expect(validate(agentRelease(mesh(), node).files)).toBe("");
  });

  test("an agent with every setting", () => {
    const agent: AgentDeclaration = {
      logLevel: "trace",
      retryJoin: ["provider=aws tag_key=consul tag_value=server"],
      telemetry: {
        prometheusRetentionTime: "1m30s",
        statsdAddress: "10.0.0.9:8125",
        dogstatsdAddr: "10.0.0.9:8125",
        statsiteAddress: "10.0.0.9:8125",
        metricsPrefix: 'a "b" ${c}',
        disableHostname: true,
        prefixFilter: ["+consul.rpc", "-consul.raft"],
      },
      limits: { httpMaxConnsPerClient: 400, rpcMaxConnsPerClient: 200, rpcRate: 100, rpcMaxBurst: 2000 },
      settings: {
        dns_config: { service_ttl: { "*": "5s" }, allow_stale: false },
        node_meta: { zone: "a" },
        autopilot: { max_trailing_logs: 250 },
        segments: [],
      },
    };
    const whole = mesh();
    expect(validate(agentRelease({ ...whole, consul: { ...whole.consul, agent } }, server).files)).toBe("");
    const wrong = { ...agent, settings: { no_such_setting: true } };
    expect(validate(agentRelease({ ...whole, consul: { ...whole.consul, agent: wrong } }, server).files)).toContain(
      "no_such_setting",
    );
  });
});

test("Consul reads a definition back as it was declared", async () => {
  const definition = service({
    health: { script: ["/bin/true"], interval: "2s", timeout: "1s" },
    upstreams: [{ name: "backend", localPort: 5000 }],
    meta: Object.fromEntries(nasty.map((value, at) => [`nasty-${at}`, value])),
    tags: nasty.filter(Boolean),
  });
  const { files } = instanceRelease(mesh(), instanceOf(definition));
  const seen = await withAgent(files, async (address) => ({
    checks: await get(`${address}/v1/agent/checks`),
    sidecar: await get(`${address}/v1/agent/service/frontend-sidecar-proxy`),
    debug: await get(`${address}/v1/agent/service/frontend`),
  }));
  const labels = { Meta: definition.meta, Tags: definition.tags };
  expect(seen.debug).toMatchObject({ Service: "frontend", Port: 9001, ...labels });
  expect(seen.sidecar).toMatchObject({
    ...labels,
    Port: 21001,
    Proxy: { Upstreams: [{ DestinationName: "backend", LocalBindPort: 5000 }] },
  });
  expect(
    Object.values(seen.checks as Record<string, { Name: string }>)
      .map(({ Name }) => Name)
      .sort(),
  ).toEqual(["health", "service", "sidecar listener"]);
});

testWith("systemd-analyze", "systemd accepts every unit", () => {
  const fullService = service({
    name: "full",
    binary: undefined,
    command: ["/usr/bin/env"],
    configFiles: [{ name: "app.yaml", content: "" }],
    unit: { Unit: [{ name: "After", value: "x.service" }], Service: [{ name: "OOMScoreAdjust", value: "-500" }] },
    ...{ user: "www-data", group: "www-data", workingDirectory: "/srv", readWritePaths: ["/srv", "/mnt"] },
    ...{ stateDirectory: true, cacheDirectory: true, logsDirectory: true, openFiles: 5000, tasks: 5 },
    ...{ stopSignal: "SIGINT", stopTimeout: "1.5s", memoryMax: "64M", cpuQuota: "5%" },
    health: { script: ["/bin/true", ...nasty], interval: "2s", timeout: "1s" },
  });
  const nastyService = service({ args: nasty, binary: { path: "/bin/web", sha256: "ab".repeat(32) } });
  const migrated = { ...fullService, before: [["/usr/bin/env", ...nasty], ["/usr/bin/env"]] };
  const { before } = documentOf(instanceRelease(mesh(), instanceOf(migrated)).program);
  const all = [
    ...instanceRelease(mesh(), instanceOf(nastyService)).files,
    ...instanceRelease(mesh(), instanceOf(fullService)).files,
    ...instanceRelease(mesh(), instanceOf(gateway())).files,
    ...agentRelease(mesh(), worker).files,
    ...nodeRelease(mesh(), worker).files,
    { path: "/run/before-full.service", content: before.unit },
  ].filter(({ path }) => /\.(service|socket)$/.test(path));
  const root = join(folder, "units");
  mkdirSync(root);
  const units = all.map(({ path, content: text }) => {
    // Verifying asks whether the programs exist: on this machine they need not.
    const unit = join(root, basename(path));
    writeFileSync(unit, text.replace(/^(Exec[A-Za-z]+)=\S+/gm, "$1=/bin/true"));
    return unit;
  });
  const { stderr, status } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], { encoding: "utf8" });
  const ours = stderr.split("\n").filter((line) => units.some((unit) => line.includes(basename(unit))));
  // consul.service belongs to the machine, not to this folder.
  expect({ status, ours }).toEqual({ status: 0, ours: [] });
});

testWith("cloud-init", "cloud-init accepts the user_data of servers and workers", () => {
  const deployed = { ...worker, name: "deployed", ssh: { ...worker.ssh, user: "deploy" } };
  for (const node of [server, worker, deployed]) {
    const file = join(folder, `user-data-${node.name}`);
    writeFileSync(file, userData(mesh(), node));
    const { stdout, stderr } = spawnSync("cloud-init", ["schema", "--config-file", file], { encoding: "utf8" });
    expect(`${stdout}${stderr}`).toContain("Valid cloud-config");
  }
});

function validate(files: NodeFile[]): string {
  const configuration = mkdtempSync(join(folder, "consul-"));
  writeFileSync(
    join(configuration, "base.hcl"),
    files.some(({ content: text }) => text.includes("data_dir"))
      ? ""
      : `data_dir = "${folder}"
bind_addr = "127.0.0.1"
`,
  );
  for (const { path, content: text } of files.filter((file) => file.path.endsWith(".hcl"))) {
    writeFileSync(join(configuration, basename(path)), text);
  }
  const { stdout, stderr, status } = spawnSync(consul, ["validate", "-quiet", configuration], { encoding: "utf8" });
  return status === 0 ? "" : `${stdout}${stderr}`;
}

/** Runs a development agent on loopback with this service, and ends it. */
async function withAgent<T>(files: NodeFile[], look: (address: string) => Promise<T>): Promise<T> {
  const definition = join(folder, "frontend.hcl");
  writeFileSync(definition, content(files, "/etc/consul.d/frontend.hcl"));
  const port = await freePort();
  const others = [
    "-dns-port=-1",
    "-grpc-port=-1",
    "-grpc-tls-port=-1",
    `-server-port=${await freePort()}`,
    `-serf-lan-port=${await freePort()}`,
    "-serf-wan-port=-1",
  ];
  const agent = spawn(
    consul,
    [
      "agent",
      "-dev",
      "-disable-host-node-id",
      `-http-port=${port}`,
      ...others,
      "-enable-local-script-checks",
      `-config-file=${definition}`,
      "-hcl=disable_update_check=true",
    ],
    { stdio: "ignore" },
  );
  try {
    const address = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 100; tries++) {
      if (await get(`${address}/v1/agent/service/frontend-sidecar-proxy`).catch(() => undefined)) break;
      await pause(100);
    }
    return await look(address);
  } finally {
    await ended(agent);
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once("exit", () => done());
    if (!child.kill()) done();
  });
}

async function get(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const listener = createServer();
    listener.once("error", failed);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      listener.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
