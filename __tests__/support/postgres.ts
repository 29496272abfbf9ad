import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A real PostgreSQL with nothing in it, on loopback and a free port, gone when the test ends. */
export interface Postgres {
  /** Terraform's PG_CONN_STR. */
  url: string;
  /** The rows of a query, a line each. */
  query(sql: string): string;
  stop(): Promise<void>;
}

/** The folder of PostgreSQL's programs: Debian has them outside of PATH. Undefined where there are none. */
export function postgresFolder(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, "bin")) : [];
  const onPath = (process.env.PATH ?? "").split(":");
  return [...versions, ...onPath].find((folder) => existsSync(join(folder, "initdb")));
}

/** PostgreSQL refuses to run as root. */
const unprivileged: { uid?: number; gid?: number } = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-postgres-"));
  if (unprivileged.uid && unprivileged.gid) chownSync(folder, unprivileged.uid, unprivileged.gid);
  const data = join(folder, "data");
  const made = spawnSync(join(programs, "initdb"), ["-D", data, "-A", "trust", "-U", "test", "-N"], {
    ...unprivileged,
    cwd: folder,
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const log = openSync(join(folder, "log"), "w");
  const settings = ["-h", "127.0.0.1", "-p", String(port), "-k", folder, "-F"];
  const child = spawn(join(programs, "postgres"), ["-D", data, ...settings], {
    ...unprivileged,
    cwd: folder,
    stdio: ["ignore", log, log],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGINT"); // at once, whoever is connected
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://test@127.0.0.1:${port}/postgres?sslmode=disable`;
  const psql = (sql: string) => spawnSync(join(programs, "psql"), [url, "-qtA", "-c", sql]);
  for (let tries = 0; psql("select 1").status !== 0; tries++) {
    if (tries > 100 || child.exitCode !== null) {
      await stop();
      throw new Error("PostgreSQL did not start");
    }
    await sleep(100);
  }
  const query = (sql: string) => {
    const { status, stdout, stderr } = psql(sql);
    if (status !== 0) throw new Error(`${sql}: ${stderr}`);
    return stdout.toString().trim();
  };
  return { url, query, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
