/** The three ways to do the same work: ours, the playbook, and the limit. */
import { dirname, join } from "node:path";
import { type Output, output } from "../../toolchain";
import type { Declared } from "./declared";
import { type Peers, servicesFile, writeServices } from "./peer";

/** A way to bring the mesh to what is declared. */
export interface Tool {
  name: string;
  /** Untimed, before `apply`: writes what a person would have written. */
  prepare(declared: Declared): Promise<void>;
  /** Brings the machines to it. */
  apply(declared: Declared): Promise<Output>;
}

/** Where our mesh is declared. */
const ours = join(__dirname, "mesh.ts");

/** The environment of our commands. `agents`: Consul's agents are to be set up too. */
export function oursEnv({ services, revision, added }: Declared, agents = false): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GATEHOUSE_MESH: ours,
    GATEHOUSE_BENCH_SERVICES: String(services),
    ...(revision && { GATEHOUSE_BENCH_REVISION: revision }),
    ...(added && { GATEHOUSE_BENCH_ADDED: "yes" }),
    ...(agents && { GATEHOUSE_BENCH_AGENTS: "yes" }),
    CI: "1",
    FORCE_COLOR: "0",
  };
}

export const gatehouse: Tool = {
  name: "Gatehouse",
  prepare: async () => {},
  apply: (declared) =>
    output("npm", ["run", "--silent", "deploy", "--", "--auto-approve"], {}, { env: oursEnv(declared) }),
};

export function playbook(peers: Peers): Tool {
  return peer("playbook", peers, (file) => [
    join(dirname(peers.python), "ansible-playbook"),
    ["site.yml", "-e", `@${file}`],
    join(peers.folder, "ansible"),
  ]);
}

export function limit(peers: Peers): Tool {
  return peer("limit", peers, (file) => [
    peers.python,
    [join(peers.folder, "limit", "limit.py"), "-e", file],
    peers.folder,
  ]);
}

function peer(name: string, peers: Peers, command: (file: string) => [string, string[], string]): Tool {
  return {
    name,
    prepare: (declared) => writeServices(peers, declared),
    apply: () => {
      const [program, args, cwd] = command(servicesFile(peers));
      return output(program, args, {}, { cwd });
    },
  };
}
