/** Real programs, most of them of the distribution: how each is declared, changed and broken. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { forgetState } from "../../../lab";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { declaration, on } from "./mesh";
import { untilWell } from "./on-node";
import { workers } from "./rollout";

type Service = NonNullable<MeshDeclaration["services"]>[string];

/** Debian packages of the nodes that run them. */
const packages = "default-jdk-headless,python3-waitress,python3-psycopg2,nginx-light,postgresql";

const apps = "lab/.state/e2e/programs";

const health = { http: "/", interval: "1s", timeout: "1s", startTimeout: "1m" };
const http = { runsOn: workers, protocol: "http", health } as const;

/** The database by the upstream at this port. */
const database = (PGPORT: string) => ({
  ...{ PGHOST: "127.0.0.1", PGPORT, PGSSLMODE: "disable", PGUSER: "shop", PGPASSWORD: "only for the lab" },
});

export interface Program {
  /** For the page. */
  title: string;
  service: Service;
  /** Where its answers, or what it does for others, can be seen through the gateway. */
  host: string;
  path: string;
  /** The answer of its first release, and of the next. */
  answers: [RegExp, RegExp];
  /** Changes it so that each instance is rolled. */
  next: (service: Service) => void;
  /** Makes a release of it that cannot serve. */
  break: (service: Service) => void;
}

/** By the service's name. */
export function programs(): Record<string, Program> {
  return {
    nodejs: {
      ...{ title: "a file of a Node.js server", host: "nodejs.test", path: "/" },
      service: {
        ...{ ...http, port: 9040 },
        run: { files: `${apps}/nodejs`, command: ["/usr/bin/node", "server.js"], env: { PORT: "9040", NAME: "first" } },
      },
      answers: [/^Hello, first, from Node.js v/, /^second$/],
      next: () => writeFileSync(`${apps}/nodejs/lib/greeting.js`, "exports.greeting = () => 'second';"),
      break: ({ run }) => Object.assign(run, { command: ["/usr/bin/node", "none.js"] }),
    },
    java: {
      ...{ title: "the environment of a Java program that starts in 12 s", host: "java.test", path: "/" },
      service: {
        ...{ ...http, port: 9041 },
        run: {
          files: `${apps}/java/hello.jar`,
          command: ["/usr/bin/java", "-jar", "hello.jar"],
          env: { PORT: "9041", GREETING: "first", START_SECONDS: "12" },
        },
      },
      answers: [/^first from Java \d/, /^second from Java \d/],
      next: ({ run }) => Object.assign(run.env!, { GREETING: "second" }),
      break: ({ run }) => Object.assign(run.env!, { START_SECONDS: "never" }),
    },
    wsgi: {
      ...{ title: "a configuration file of a WSGI application with SQLite", host: "wsgi.test", path: "/visit" },
      service: {
        ...{ ...http, port: 9042 },
        run: {
          files: `${apps}/wsgi`,
          command: ["/usr/bin/python3", "-B", "-m", "waitress", "--listen=127.0.0.1:%port", "app:application"],
          ...{ stateDirectory: true, purge: true },
          configFiles: { "app.ini": { text: "[app]\ngreeting = first\n" } },
        },
      },
      answers: [/^first from WSGI, \d visits$/, /^second from WSGI, \d{3,} visits$/],
      next: ({ run }) => Object.assign(run, { configFiles: { "app.ini": { text: "[app]\ngreeting = second\n" } } }),
      break: ({ run }) => Object.assign(run, { configFiles: { "app.ini": { text: "[other]\n" } } }),
    },
    site: {
      ...{ title: "nginx as a unit of others, one more upstream", host: "site.test", path: "/" },
      service: { ...http, port: 80, run: { unit: "nginx.service" } },
      answers: [/Welcome to nginx/, /Welcome to nginx/],
      next: (service) => Object.assign(service, { upstreams: { nodejs: { localPort: 5050 } } }),
      break: (service) => Object.assign(service, { port: 81, health: { ...health, startTimeout: "5s" } }),
    },
    db: {
      ...{ title: "PostgreSQL as a unit of others, one more upstream", host: "orders.test", path: "/order" },
      service: {
        ...{ runsOn: workers, port: 5432, protocol: "tcp" },
        run: { unit: "postgresql@15-main.service" },
        health: {
          script: ["/usr/lib/postgresql/15/bin/pg_isready", "-q", "-h", "127.0.0.1", "-U", "shop"],
          ...{ interval: "1s", timeout: "1s" },
        },
      },
      answers: [/^order \d+$/, /^order \d+$/],
      next: (service) => Object.assign(service, { upstreams: { nodejs: { localPort: 5051 } } }),
      break: (service) => Object.assign(service, { port: 5439, health: { ...service.health, startTimeout: "5s" } }),
    },
    packer: {
      ...{ title: "the environment of a queue worker without a port", host: "orders.test", path: "/order" },
      service: {
        runsOn: workers,
        run: {
          files: `${apps}/orders`,
          command: ["/usr/bin/python3", "-B", "packer.py"],
          env: { PACKER: "first", ...database("5434") },
        },
        upstreams: { db: { localPort: 5434 } },
      },
      answers: [/^order \d+$/, /^order \d+$/],
      next: ({ run }) => Object.assign(run.env!, { PACKER: "second" }),
      break: ({ run }) => Object.assign(run, { env: {} }),
    },
  };
}

/** The client of the database: each of its answers is an order in the queue. */
const orders: Service = {
  ...{ ...http, port: 9043 },
  run: {
    files: `${apps}/orders`,
    command: ["/usr/bin/python3", "-B", "app.py"],
    env: { PORT: "9043", ...database("5433") },
  },
  upstreams: { db: { localPort: 5433 } },
};

/** The lab's mesh with these programs, and the client. */
export function withPrograms(all: Record<string, Program>): MeshDeclaration {
  const mesh = declaration();
  for (const [name, { service }] of Object.entries(all)) mesh.services![name] = service;
  mesh.services!.orders = orders;
  mesh.gateways!["ingress-gateway"]!.listeners[0]!.services = [
    { name: "frontend", hosts: ["*"] },
    ...["nodejs", "java", "wsgi", "site", "orders"].map((name) => ({ name, hosts: [`${name}.test`] })),
  ];
  return mesh;
}

/** Nodes as new, with the packages. */
export async function freshLabWithPackages(): Promise<void> {
  forgetState(declaration().name);
  // In a process of its own: the programs that a test starts do not see what it adds to process.env.
  const env = { ...process.env, GATEHOUSE_LAB_PACKAGES: packages };
  const { exitCode, stdout, stderr } = await output(
    process.execPath,
    ["bin/gatehouse.js", "lab", "reset"],
    {},
    { env },
  );
  if (exitCode !== 0) throw new Error(`the lab was not reset:\n${stdout}\n${stderr}`);
}

/** Copies of the programs that a test may change. The jar is made on a node: this host needs no Java. */
export async function prepare(): Promise<void> {
  rmSync(apps, { recursive: true, force: true });
  mkdirSync(apps, { recursive: true });
  cpSync("__tests__/e2e/support/programs", apps, { recursive: true });
  for (const app of ["nodejs", "orders"]) cpSync(`meshes/examples/apps/${app}`, `${apps}/${app}`, { recursive: true });
  const source = readFileSync("meshes/examples/apps/java/Hello.java").toString("base64");
  const build = `set -e; cd "$(mktemp -d)"; echo ${source} | base64 -d >Hello.java; javac -d build Hello.java; jar -c -f hello.jar -e Hello -C build .`;
  mkdirSync(`${apps}/java`);
  writeFileSync(`${apps}/java/hello.jar`, Buffer.from(await on("worker1", `${build}; base64 -w0 hello.jar`), "base64"));
  const tables = readFileSync("meshes/examples/apps/orders/database.sql").toString("base64");
  for (const worker of workers) {
    await untilWell(worker, "systemctl is-active -q nginx && systemctl is-active -q postgresql && pg_isready -q");
    await on(worker, `echo ${tables} | base64 -d | (cd / && su postgres -c 'psql -v ON_ERROR_STOP=1 -q')`);
  }
}

/** The command that asks the database of the orders on its node. */
export const askDatabase = (statement: string): string =>
  `cd / && su postgres -c 'psql -v ON_ERROR_STOP=1 -tA shop' <<'END'\n${statement};\nEND\n`;

/** Both units of others on both workers: processes, since when they run, how they are enabled, and their files. */
export async function unitsOfOthers(): Promise<string> {
  const shown = "-p Id -p MainPID -p ActiveEnterTimestampMonotonic -p UnitFileState -p NRestarts -p DropInPaths";
  const units = "nginx.service postgresql@15-main.service postgresql.service";
  const look = `systemctl show ${shown} ${units}; sha256sum /lib/systemd/system/nginx.service /lib/systemd/system/postgresql*.service`;
  return (await Promise.all(workers.map((worker) => on(worker, look)))).join("\n");
}
