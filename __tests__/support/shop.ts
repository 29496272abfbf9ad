/** The mesh of the tests: a small shop, as a declaration and checked, and ways to ask for problems. */
import { join } from "node:path";
import { checkMesh, type Files, FolderFault, type Mesh, type MeshDeclaration, type Problem } from "../../model";

/** The rows of the tests write what the types forbid. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
export type Draft = any;

/** A well-formed public key. */
export function publicKey(type = "ssh-ed25519", ...fields: Buffer[]): string {
  const all = [Buffer.from(type), ...(fields.length > 0 ? fields : [Buffer.alloc(32, 7)])];
  const blob = Buffer.concat(all.flatMap((field) => [lengthOf(field), field]));
  return `${type} ${blob.toString("base64")}`;
}

function lengthOf(field: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return length;
}

/** A frontend on two workers, its backend, and a gateway: one of everything that the graph orders. */
export function declaration(changes: Partial<MeshDeclaration> = {}): MeshDeclaration {
  const hostKey = publicKey();
  const worker = (address: string) => ({ role: "worker" as const, address, hostKey });
  return {
    name: "shop",
    consul: { datacenter: "dc1", address: "10.77.0.10:8501" },
    ssh: { privateKeyFile: "keys/deploy" },
    nodes: {
      server1: { role: "server", address: "10.77.0.10", hostKey },
      gateway1: worker("10.77.0.11"),
      worker1: worker("10.77.0.12"),
      worker2: worker("10.77.0.13"),
    },
    services: {
      frontend: {
        runsOn: ["worker1", "worker2"],
        port: 9001,
        protocol: "http",
        run: { binary: "build/web", env: { GREETING: "marked ${path.module} %{ if true }" } },
        upstreams: { backend: { localPort: 5000 } },
      },
      backend: { runsOn: ["worker2"], port: 9002, protocol: "http", run: { binary: "build/web" } },
    },
    gateways: {
      edge: {
        runsOn: ["gateway1"],
        listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["*"] }] }],
      },
    },
    ...changes,
  };
}

/** The shop with so many backends on worker2. */
export function severalBackends(instances: number): MeshDeclaration {
  const { services } = declaration();
  const run = { binary: "build/web", env: { PORT: "%port" }, stateDirectory: true };
  const runsOn = instances === 1 ? ["worker2"] : [{ node: "worker2", instances }];
  return declaration({ services: { ...services!, backend: { ...services!.backend!, runsOn, run } } });
}

/** The shop with one of everything that a declaration is refused for: a tcp service, a health check, arguments, a host name. */
export function fullDeclaration(): MeshDeclaration {
  const full = declaration({ intentions: [], configEntries: [] });
  const { frontend, backend } = full.services!;
  Object.assign(frontend!, {
    runsOn: ["worker1"],
    run: { binary: "bin/frontend", args: ["-v"], env: { LOG: "info" } },
    health: { http: "/health", interval: "2s", timeout: "1s" },
  });
  backend!.run = { binary: "bin/backend" };
  full.services!.store = { runsOn: ["worker2"], port: 9003, protocol: "tcp", run: { binary: "bin/store" } };
  full.gateways!.edge!.listeners[0]!.services[0]!.hosts = ["shop.example.org"];
  return full;
}

/** The full shop after an edit. */
export function edited(edit: (declaration: Draft) => void): unknown {
  const full = fullDeclaration();
  edit(full);
  return full;
}

/**
 * Files that need not exist. Each is executable, unless it is called `missing/...`, `unreadable/...`, `folder/...` or `file/...`, or `secrets`. In a
 * folder, a program is executable unless its name begins with `missing` or `file`; `folder/faulty` cannot be packed, and
 * `folder/empty` has no file.
 */
export const files: Files = {
  look: (path) =>
    (/^folder\/.*\/(missing|file)/.exec(path)?.[1] as "file" | undefined) ??
    (/^(folder\/[^/]+|secrets)\/?$/.test(path) ? "folder" : undefined) ??
    (/^(missing|unreadable|file)\//.exec(path)?.[1] as "file" | undefined) ??
    "executable",
  absolute: (path) => join("/project", path),
  text: (path) => (path.startsWith("binary/") ? undefined : `text of ${path}\n`),
  sha256: (path) => Buffer.from(path).toString("hex").padEnd(64, "0"),
  pack: (path) => {
    if (path === "folder/faulty") throw new FolderFault("a/b", "it is a socket", "take it out");
    return {
      sha256: Buffer.from(path).toString("hex").padEnd(64, "0"),
      files: path === "folder/empty" ? 0 : 3,
      bytes: 3 << 20,
    };
  },
};

/** The problems of a declaration; none when it is accepted. */
export function problemsOf(declaration: unknown): Problem[] {
  const result = checkMesh(declaration, files);
  return "problems" in result ? result.problems : [];
}

/** The mesh of a declaration that has to be accepted. */
export function meshOf(declaration: unknown, seen: Files = files): Mesh {
  const result = checkMesh(declaration, seen);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.mesh;
}
