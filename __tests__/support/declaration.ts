/** A small declaration that is accepted, file systems that are not there, and ways to ask for problems. */
import { checkMesh, type Files, type Mesh, type MeshDeclaration, type Problem } from "../../model";

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

/** One server, three workers, frontend -> backend over http, a tcp store, and a gateway in front of frontend. */
export function valid(): MeshDeclaration {
  const hostKey = publicKey();
  return {
    name: "shop",
    consul: { datacenter: "dc1", address: "10.0.0.10:8501" },
    ssh: { privateKeyFile: "id_ed25519" },
    nodes: {
      server1: { role: "server", address: "10.0.0.10", hostKey },
      gateway1: { role: "worker", address: "10.0.0.11", hostKey },
      worker1: { role: "worker", address: "10.0.0.12", hostKey },
      worker2: { role: "worker", address: "10.0.0.13", hostKey },
    },
    services: {
      frontend: {
        runsOn: ["worker1"],
        port: 9001,
        protocol: "http",
        run: { binary: "bin/frontend", args: ["-v"], env: { LOG: "info" } },
        health: { http: "/health", interval: "2s", timeout: "1s" },
        upstreams: { backend: { localPort: 5000 } },
      },
      backend: { runsOn: ["worker2"], port: 9002, protocol: "http", run: { binary: "bin/backend" } },
      store: { runsOn: ["worker2"], port: 9003, protocol: "tcp", run: { binary: "bin/store" } },
    },
    gateways: {
      web: {
        runsOn: ["gateway1"],
        listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["shop.example.org"] }] }],
      },
    },
    intentions: [],
    configEntries: [],
  };
}

/** Everything is an executable file, save what its name says: `missing/...`, `unreadable/...`, `folder/...`, `file/...`. */
export const files: Files = {
  look: (path) => (/^(missing|unreadable|folder|file)\//.exec(path)?.[1] as "file" | undefined) ?? "executable",
  absolute: (path) => `/project/${path}`,
  sha256: (path) => `sha256 of ${path}`,
};

/** The valid declaration after an edit. */
export function edited(edit: (declaration: Draft) => void): unknown {
  const declaration = valid();
  edit(declaration);
  return declaration;
}

/** The problems of a declaration; none when it is accepted. */
export function problemsOf(declaration: unknown): Problem[] {
  const result = checkMesh(declaration, files);
  return "problems" in result ? result.problems : [];
}

/** The mesh of a declaration that has to be accepted. */
export function meshOf(declaration: unknown): Mesh {
  const result = checkMesh(declaration, files);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.mesh;
}
