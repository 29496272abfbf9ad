/** The authority of three real servers is replaced while each of them is asked all the time. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROTATIONS } from "../../commands/rotate-secrets";
import { authoritiesOf, makeSecrets, readSecrets, type Secrets } from "../../mesh-secrets";
import type { Mesh } from "../../model";
import { askApi } from "../../nodes";
import { part } from "../../toolchain";
import { mesh as anyMesh, server } from "../support/parts";

jest.setTimeout(180_000);

const ADDRESSES = { server1: "127.9.6.1", server2: "127.9.6.2", server3: "127.9.6.3" };
const NAMES = Object.keys(ADDRESSES) as (keyof typeof ADDRESSES)[];
const project = process.cwd();

let folder: string;
let mesh: Mesh;
const running: ChildProcess[] = [];
const secrets = (): Secrets => readSecrets(mesh.name)!;

/** Writes the certificate and key that a deploy puts on the node of a server. */
function install(name: string): void {
  const { cert, key } = secrets().servers[name]!;
  writeFileSync(join(folder, name, "ca.pem"), authoritiesOf(secrets())!.join(""));
  writeFileSync(join(folder, name, "server.pem"), cert);
  writeFileSync(join(folder, name, "server-key.pem"), key, { mode: 0o600 });
}

/** As templates/consul/agent.hcl has it. */
function start(binary: string, name: keyof typeof ADDRESSES): void {
  const own = join(folder, name);
  mkdirSync(own);
  install(name);
  const settings = {
    ...{ node_name: name, datacenter: "dc1", data_dir: join(own, "data"), server: true, bootstrap_expect: 3 },
    ...{ bind_addr: ADDRESSES[name], client_addr: ADDRESSES[name], retry_join: Object.values(ADDRESSES) },
    encrypt: secrets().gossipKey,
    tls: {
      defaults: {
        ...{ ca_file: join(own, "ca.pem"), cert_file: join(own, "server.pem"), key_file: join(own, "server-key.pem") },
        ...{ verify_incoming: true, verify_outgoing: true },
      },
      internal_rpc: { verify_server_hostname: true },
    },
    ports: { http: -1, https: 8501, dns: -1, grpc: -1, grpc_tls: -1, serf_wan: -1 },
    ...{ performance: { raft_multiplier: 1 }, disable_update_check: true },
  };
  const file = join(own, "agent.json");
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  const log = openSync(join(own, "log"), "w");
  running.push(spawn(binary, ["agent", "-config-file", file], { stdio: ["ignore", log, log] }));
}

const at = (name: keyof typeof ADDRESSES): Mesh => ({
  ...mesh,
  consul: { ...mesh.consul, address: `${ADDRESSES[name]}:8501` },
});

/** Through the leader, wherever that is: the servers speak with each other for it. */
async function asks(name: keyof typeof ADDRESSES): Promise<string> {
  const answer = await askApi(at(name), "catalog/nodes?consistent", 5_000).catch((error: Error) => error.message);
  if (typeof answer === "string") return answer;
  return answer.status === 200 ? "" : `${answer.status} ${answer.text}`;
}

beforeAll(async () => {
  const binary = await part("consul");
  folder = mkdtempSync(join(tmpdir(), "gatehouse-authority-"));
  process.chdir(folder);
  const whole = anyMesh();
  const nodes = NAMES.map((name) => ({ ...server, name, address: ADDRESSES[name] }));
  mesh = { ...whole, nodes, consul: { ...whole.consul, acl: false, address: "127.9.6.1:8501" } };
  await makeSecrets(mesh);
  for (const name of NAMES) start(binary, name);
  for (let tries = 0; tries < 120 && (await asks("server3")) !== ""; tries++) await sleep(500);
  const log = readFileSync(join(folder, "server1", "log"), "utf8").slice(-2000);
  expect([await asks("server1"), log]).toEqual(["", log]);
});

afterAll(async () => {
  const ended = running.map((child) => new Promise((done) => child.once("close", done)));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(ended);
  process.chdir(project);
  rmSync(folder, { recursive: true, force: true });
});

test("no request fails, and in the end the old authority opens nothing", async () => {
  const old = secrets();
  const failed: string[] = [];
  let [sent, over] = [0, false];
  const clients = NAMES.map(async (name) => {
    for (; !over; sent++) {
      const fault = await asks(name);
      if (fault) failed.push(`${name}: ${fault}`);
      await sleep(20);
    }
  });
  const bring = async () => {
    for (const [index, name] of NAMES.entries()) {
      install(name);
      running[index]!.kill("SIGHUP");
      await sleep(1_000);
    }
    return 0;
  };
  expect(await ROTATIONS.authority(mesh, bring)).toBe(0);
  over = true;
  await Promise.all(clients);
  expect(sent).toBeGreaterThan(50);
  expect(failed).toEqual([]);
  expect(await asks("server2")).toBe("");

  const { cert, key } = old.servers.server1!;
  const options = { ca: authoritiesOf(secrets()), cert, key };
  const answer = await new Promise<string>((done) => {
    request(`https://${ADDRESSES.server1}:8501/v1/status/leader`, options, ({ statusCode }) => done(`${statusCode}`))
      .on("error", () => done("refused"))
      .end();
  });
  expect(answer).toBe("refused");
});
