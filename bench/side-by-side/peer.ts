/** The peers: a playbook, and a script that does the same work as fast as ssh allows. Both live outside this project. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { machinesOf, makeKeys, privateKeyFile } from "../../lab";
import { cacheRoot, run } from "../../toolchain";
import type { Declared } from "./declared";
import mesh from "./mesh";

/** Where the peers are. Their README says what each file does. */
const source = resolve(process.env.GATEHOUSE_PEERS ?? "../shared/peers/ansible");

/** How often Consul looks at a sidecar: as often as in our own definitions, so that no peer waits longer by default. */
const CHECK = "1s";

/** A copy of the peers that fits the lab. */
export interface Peers {
  folder: string;
  python: string;
  /** `meshload`: waits for 200s, or makes bounded load. */
  meshload: string;
  ansible: string;
}

/** Sets the peers up in this folder. Throws when they are not on this machine. */
export async function preparePeers(folder: string): Promise<Peers> {
  if (!existsSync(source)) {
    throw new Error(`The peers are not in ${source}. Say where they are: GATEHOUSE_PEERS=FOLDER npm run bench`);
  }
  await makeKeys(machinesOf(mesh));
  mkdirSync("lab/bin", { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  cpSync(source, folder, { recursive: true });
  const python = await pythonWithAnsible();
  const build = (from: string, to: string) =>
    run("go", ["build", "-trimpath", "-o", join(folder, to), join(folder, from)], {
      env: { ...process.env, CGO_ENABLED: "0" },
    });
  mkdirSync(join(folder, "ansible", "files"), { recursive: true });
  await build("measure/svc.go", "ansible/files/svc");
  await build("measure/meshload.go", "measure/meshload");
  cpSync(join(folder, "ansible", "files", "svc"), "lab/bin/svc");
  cpSync(privateKeyFile, join(folder, "key"));
  writeFileSync(join(folder, "ansible", "inventory.ini"), inventory());
  mkdirSync(join(folder, ".cp"), { recursive: true });
  const ansible = (await run(python, ["-c", "import ansible.release; print(ansible.release.__version__)"])).trim();
  return { folder, python, meshload: join(folder, "measure", "meshload"), ansible };
}

function inventory(): string {
  const machines = machinesOf(mesh);
  const group = (name: string, prefix: string) => [
    `[${name}]`,
    ...machines.filter((one) => one.name.startsWith(prefix)).map((one) => `${one.name} ansible_host=${one.address}`),
    "",
  ];
  return [...group("servers", "server"), ...group("gateways", "gateway"), ...group("workers", "worker")].join("\n");
}

/** Writes the services file that both peers read. */
export async function writeServices(peers: Peers, { services, revision, added }: Declared): Promise<void> {
  const first = services === 2 ? "frontend" : "svc1";
  const args = [
    join(peers.folder, "gen_services.py"),
    String(services),
    ...["--workers", "worker1,worker2,worker3", "--check", CHECK],
    ...(revision ? ["--env", `${first}.REV=${revision}`] : []),
  ];
  const file = parse(await run(peers.python, args)) as { mesh_services: object[] };
  if (added) file.mesh_services.push(oneMore(services + 1));
  writeFileSync(servicesFile(peers), stringify(file));
}

export const servicesFile = (peers: Peers): string => join(peers.folder, "services.yml");

/** The service that `added` stands for. */
function oneMore(i: number): object {
  const host = `worker${((i - 1) % 3) + 1}`;
  const env = { LISTEN: `127.0.0.1:${9000 + i}` };
  const hosts = { ingress_hosts: [`svc${i}.mesh.test`] };
  return { name: `svc${i}`, host, binary: "svc", port: 9000 + i, admin_port: 19000 + i, env, ...hosts };
}

/** A Python with Ansible in it, made once. */
async function pythonWithAnsible(): Promise<string> {
  const folder = join(cacheRoot(), "ansible-core-2.19");
  const python = join(folder, "bin", "python");
  if (!existsSync(join(folder, "bin", "ansible-playbook"))) {
    await run("python3", ["-m", "venv", folder]);
    await run(python, ["-m", "pip", "install", "--quiet", "ansible-core==2.19.*", "jinja2", "pyyaml"]);
  }
  return python;
}
