import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A real Consul in development mode, on loopback and free ports, gone when the test ends. */
export interface ConsulAgent {
  /** Host and port of its API. */
  address: string;
  /** The stored config entry without what Consul itself adds, or undefined where there is none. */
  entry(kind: string, name: string): Promise<Record<string, unknown> | undefined>;
  /** Writes an entry past Terraform, as a person by hand would. */
  put(entry: { Kind: string; Name: string } & Record<string, unknown>): Promise<void>;
  /** Deletes an entry past Terraform. */
  remove(kind: string, name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the agent, with further configuration in HCL where given, and waits until it has a leader. */
export async function startConsul(binary: string, hcl = ""): Promise<ConsulAgent> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-consul-"));
  writeFileSync(join(folder, "more.hcl"), hcl, { mode: 0o600 });
  const [http, rpc, lan] = (await freePorts(3)) as [number, number, number];
  const off = ["-dns-port=-1", "-grpc-port=-1", "-grpc-tls-port=-1", "-serf-wan-port=-1"];
  const ports = [`-http-port=${http}`, `-server-port=${rpc}`, `-serf-lan-port=${lan}`];
  const quiet = ["-log-level=error", "-hcl=disable_update_check=true", "-config-file=more.hcl"];
  const log = openSync(join(folder, "log"), "w");
  const child = spawn(binary, ["agent", "-dev", "-bind=127.0.0.1", ...ports, ...off, ...quiet], {
    cwd: folder,
    stdio: ["ignore", log, log],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const address = `127.0.0.1:${http}`;
  for (let tries = 0; !(await hasLeader(address)); tries++) {
    if (tries > 100 || child.exitCode !== null) {
      const printed = readFileSync(join(folder, "log"), "utf8");
      await stop();
      throw new Error(`consul agent -dev has no leader:\n${printed}`);
    }
    await sleep(100);
  }
  return { address, ...entriesOf(address), stop };
}

function entriesOf(address: string): Pick<ConsulAgent, "entry" | "put" | "remove"> {
  const url = `http://${address}/v1/config`;
  return {
    async entry(kind, name) {
      const response = await fetch(`${url}/${kind}/${name}`);
      if (response.status === 404) return undefined;
      const { CreateIndex, ModifyIndex, Hash, ...entry } = (await response.json()) as Record<string, unknown>;
      return entry;
    },
    async put(entry) {
      const response = await fetch(url, { method: "PUT", body: JSON.stringify(withoutMeshName(entry)) });
      if (!response.ok) throw new Error(await response.text());
    },
    async remove(kind, name) {
      await fetch(`${url}/${kind}/${name}`, { method: "DELETE" });
    },
  };
}

/** The one entry of kind `mesh` has no name in Consul's API. */
function withoutMeshName(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([key, value]) => key !== "Name" || value !== "mesh"));
}

async function hasLeader(address: string): Promise<boolean> {
  const answer = await fetch(`http://${address}/v1/status/leader`)
    .then((response) => response.text())
    .catch(() => "");
  return answer.length > '""'.length;
}

/** Holds all of them at once before letting go, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
