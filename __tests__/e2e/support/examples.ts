/** Services of several files, after the meshes of `meshes/examples`, in copies that a test may change. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { MeshDeclaration } from "../../../model";
import { declaration } from "./mesh";

export const apps = "lab/.state/e2e/apps";

/** The artifact: a script in an archive. `first`: its first line. */
function writeArtifact(first: string): string {
  const folder = `${apps}/artifact/bin`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const script = readFileSync("meshes/examples/apps/artifact/hello.py", "utf8");
  writeFileSync(`${folder}/hello`, `${first}\n${script}`, { mode: 0o755 });
  execFileSync("tar", ["--sort=name", "--mtime=@0", "-C", `${apps}/artifact`, "-czf", `${apps}/hello.tar.gz`, "bin"]);
  return createHash("sha256")
    .update(readFileSync(`${apps}/hello.tar.gz`))
    .digest("hex");
}

/** Copies the programs of the examples, and serves the artifact on the lab's bridge. */
export async function prepare(): Promise<Server> {
  rmSync(apps, { recursive: true, force: true });
  mkdirSync(apps, { recursive: true });
  cpSync("meshes/examples/apps", apps, { recursive: true });
  const server = createServer((request, response) => {
    const found = request.url === "/hello.tar.gz";
    response.writeHead(found ? 200 : 404).end(found ? readFileSync(`${apps}/hello.tar.gz`) : "");
  });
  return new Promise((done) => server.listen(8000, "10.77.0.1", () => done(server)));
}

/** A Node.js server on two workers behind every host, a Python program, and an artifact whose script begins with `first`. */
export function examples({ first = "#!/usr/bin/env python3", file = "hello.tar.gz" } = {}): MeshDeclaration {
  const mesh = declaration();
  const health = { http: "/", interval: "1s", timeout: "1s" };
  const http = { protocol: "http", health } as const;
  mesh.services = {
    nodejs: {
      ...{ ...http, runsOn: ["worker1", "worker2"], port: 9021 },
      run: { files: `${apps}/nodejs`, command: ["/usr/bin/node", "server.js"], env: { PORT: "9021", NAME: "mesh" } },
    },
    python: {
      ...{ ...http, runsOn: ["worker1"], port: 9022 },
      run: {
        files: `${apps}/python`,
        command: ["/usr/bin/python3", "-B", "app.py"],
        env: { PORT: "9022" },
        configFiles: { "app.json": { text: '{ "greeting": "Good day" }' } },
      },
    },
    fetched: {
      ...{ ...http, runsOn: ["worker2"], port: 9023 },
      run: {
        artifact: { url: `http://10.77.0.1:8000/${file}`, sha256: writeArtifact(first) },
        ...{ command: ["bin/hello"], env: { PORT: "9023" } },
      },
    },
  };
  mesh.gateways!["ingress-gateway"]!.listeners[0]!.services = [
    { name: "nodejs", hosts: ["*"] },
    { name: "python", hosts: ["python.test"] },
    { name: "fetched", hosts: ["fetched.test"] },
  ];
  return mesh;
}
