/** Registrations as a real agent has them, which adds what config entries say: as declared they have no finding. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restDifference } from "../../doctor/registered";
import type { Instance } from "../../model";
import { layout } from "../../model";
import type { AgentService } from "../../nodes";
import { instanceRelease } from "../../templates";
import { output, part } from "../../toolchain";
import { type ConsulAgent, startConsul } from "../support/consul-agent";
import { content } from "../support/parts";
import { declaration, meshOf } from "../support/shop";

jest.setTimeout(120_000);

const declared = declaration();
declared.services!.frontend!.meta = { team: "shop" };
declared.services!.frontend!.tags = ["v1"];
declared.services!.worker = {
  ...{ runsOn: ["worker1"], run: { command: ["/usr/bin/worker"] }, upstreams: { backend: { localPort: 5009 } } },
};
const mesh = meshOf(declared);
/** One of each workload: an agent of the test has one of each id. */
const instances = [...new Map(mesh.instances.map((one) => [one.workload.name, one])).values()];

let folder: string;
let binary: string;
let agent: ConsulAgent;

type Live = Record<string, unknown> & { ID: string; Service: string; Kind?: string };

/** As gatehouse-node reports them. */
async function registered(): Promise<AgentService[]> {
  const all = (await (await fetch(`http://${agent.address}/v1/agent/services`)).json()) as Record<string, Live>;
  return Object.values(all).map(({ ID, Service, Kind = "", ...live }) => {
    const fields = ["Address", "SocketPath", "Tags", "EnableTagOverride", "Meta", "Proxy"];
    const Rest = Object.fromEntries(fields.map((field) => [field, live[field]]));
    return { ID, Service, Kind, Port: 0, Of: "", Mesh: mesh.name, Upstreams: [], Rest };
  });
}

const idsOf = ({ workload: { kind, name } }: Instance) =>
  kind === "service" ? [name, layout.sidecarOf(name)] : [name];

async function differences(): Promise<string[]> {
  const services = await registered();
  return instances.flatMap((instance) =>
    idsOf(instance).flatMap((id) => {
      const service = services.find(({ ID }) => ID === id);
      if (!service) return [`${id} is missing`];
      const found = restDifference(mesh, instance, service);
      return found ? [`${id} ${found.at}`] : [];
    }),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-registered-"));
  binary = await part("consul");
  agent = await startConsul(binary);
  for (const { kind, name, config } of mesh.configEntries) {
    if (kind === "service-intentions") continue; // no part of a registration
    await agent.put({ Kind: kind, Name: name, ...config });
  }
  const files = instances.map((instance) => {
    const { name } = instance.workload;
    const file = join(folder, `${name}.hcl`);
    writeFileSync(file, content(instanceRelease(mesh, instance).files, layout.definitionFile(name)));
    return file;
  });
  await register(...files);
});

afterAll(async () => {
  await agent?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function register(...files: string[]): Promise<void> {
  const env = { ...process.env, CONSUL_HTTP_ADDR: agent.address };
  const { exitCode, stderr } = await output(binary, ["services", "register", ...files], {}, { env });
  expect([exitCode, stderr]).toEqual([0, ""]);
}

test("there is none in what was declared, and Consul has added to it", async () => {
  expect(await differences()).toEqual([]);
  const sidecar = (await registered()).find(({ ID }) => ID === "frontend-sidecar-proxy");
  expect(JSON.stringify(sidecar?.Rest.Proxy)).toContain("passive_health_check");
});

test("a service without a port has an identity, and nothing that could be called", async () => {
  const one = (id: string) => fetch(`http://${agent.address}/v1/agent/service/${id}`).then((answer) => answer.json());
  const [service, sidecar] = [await one("worker"), await one("worker-sidecar-proxy")];
  expect(service).toMatchObject({ Service: "worker", Port: 0 });
  expect(sidecar).toMatchObject({
    Proxy: { DestinationServiceName: "worker", Config: { bind_address: "127.0.0.1" } },
  });
  expect(sidecar.Proxy.LocalServicePort ?? 0).toBe(0);
});

test("one that its own token has moved has one", async () => {
  const { port } = mesh.services.find(({ name }) => name === "frontend")!;
  const file = join(folder, "moved.json");
  const Meta = { team: "shop", "gatehouse-mesh": mesh.name };
  const moved = { id: "frontend", name: "frontend", port, address: "10.66.6.6", tags: ["v1"], meta: Meta };
  writeFileSync(file, JSON.stringify({ service: moved }));
  await register(file);
  expect(await differences()).toEqual(["frontend Address"]);
});
