/** The commands of docs/security.md for a node that was lost, on real agents. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { part, run } from "../../toolchain";

jest.setTimeout(120_000);

const TOKEN = "00000000-0000-4000-8000-000000000001";
const ADDRESSES = { server: "127.9.4.1", worker: "127.9.4.2", lost: "127.9.4.3" } as const;
type Name = keyof typeof ADDRESSES;

let folder: string;
let binary: string;
const running = new Map<Name, ChildProcess>();

const consul = async (...args: string[]): Promise<string> =>
  (await run(binary, args, { env: { CONSUL_HTTP_ADDR: `${ADDRESSES.server}:8500`, CONSUL_HTTP_TOKEN: TOKEN } })).trim();

function start(name: Name, encrypt: string): void {
  const address = ADDRESSES[name];
  const settings = {
    node_name: name,
    data_dir: join(folder, name),
    bind_addr: address,
    client_addr: address,
    server: name === "server",
    ...(name === "server" && { bootstrap_expect: 1 }),
    encrypt,
    acl: { enabled: true, default_policy: "deny", tokens: { initial_management: TOKEN, agent: TOKEN } },
    retry_join: [ADDRESSES.server],
    retry_interval: "1s",
    ports: { dns: -1, grpc: -1, grpc_tls: -1 },
    disable_update_check: true,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(settings), { mode: 0o600 });
  const log = openSync(join(folder, `${name}.log`), "a");
  running.set(
    name,
    spawn(binary, ["agent", "-config-file", join(folder, `${name}.json`)], { stdio: ["ignore", log, log] }),
  );
}

async function stop(name: Name): Promise<void> {
  const child = running.get(name);
  running.delete(name);
  if (!child || child.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGKILL");
  await ended;
}

const alive = async (): Promise<string[]> =>
  (await consul("members").catch(() => ""))
    .split("\n")
    .filter((line) => / alive /.test(line))
    .map((line) => line.split(" ")[0]!)
    .sort();

async function until(names: Name[]): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if ((await alive()).join() === [...names].sort().join()) return;
    await sleep(500);
  }
  throw new Error(`alive are ${await alive()}\n${readFileSync(join(folder, "server.log"), "utf8").slice(-2000)}`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-gossip-"));
  binary = await part("consul");
});

afterAll(async () => {
  for (const name of [...running.keys()]) await stop(name);
  rmSync(folder, { recursive: true, force: true });
});

/** As gatehouse-node brings the key to a node's file (node/agent/settings.go). */
async function heardWithoutARestart(key: string): Promise<void> {
  const keyring = JSON.parse(readFileSync(join(folder, "worker", "serf", "local.keyring"), "utf8"));
  expect(keyring[0]).toBe(key);
  const file = join(folder, "worker.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), encrypt: key }));
  running.get("worker")!.kill("SIGHUP");
  await sleep(2000);
  expect(running.get("worker")!.exitCode).toBeNull();
  expect(readFileSync(join(folder, "worker.log"), "utf8")).not.toMatch(/\[ERROR\].*reload/i);
  expect(await alive()).toEqual(["server", "worker"]);
}

test("another gossip key in running agents: who has the old one alone is heard no more", async () => {
  const [old, now] = [await consul("keygen"), await consul("keygen")];
  for (const name of Object.keys(ADDRESSES) as Name[]) start(name, old);
  await until(["server", "worker", "lost"]);

  await stop("lost");
  await consul("force-leave", "-prune", "lost");
  await until(["server", "worker"]);
  await consul("keyring", "-install", now);
  await consul("keyring", "-use", now);
  await consul("keyring", "-remove", old);
  const keys = await consul("keyring", "-list");
  expect(keys).toContain(now);
  expect(keys).not.toContain(old);
  await until(["server", "worker"]);
  await heardWithoutARestart(now);

  await stop("worker");
  start("worker", now);
  start("lost", old);
  await until(["server", "worker"]);
  await sleep(5000); // time enough for it to join, were it heard
  expect(await alive()).toEqual(["server", "worker"]);
  const said = readFileSync(join(folder, "lost.log"), "utf8");
  expect(said).toMatch(/Failed to join|failed to join/);
});
