import type { MeshDeclaration } from "../../model";
import { doctor, doctorVerdict } from "./support/doctor";
import { asOperator, declaration, deploy, describeOnLab, freshLab, on } from "./support/mesh";

jest.setTimeout(300_000);

type Service = NonNullable<MeshDeclaration["services"]>[string];

/** fortio as a server of one kind. */
function server(node: string, protocol: Service["protocol"], kind: "http" | "tcp" | "grpc", port: number): Service {
  const ports = ["http", "tcp", "grpc"].flatMap((one) => [
    `-${one}-port`,
    one === kind ? `127.0.0.1:${port}` : "disabled",
  ]);
  const args = ["server", ...ports, "-redirect-port", "disabled", "-udp-port", "disabled"];
  return { runsOn: [node], port, protocol, run: { binary: "lab/bin/fortio", args } };
}

/** h2 -> rpc -> echo, each behind a listener of its own, and a route that lets only one path through. */
function everyProtocol(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.echo = server("worker1", "tcp", "tcp", 9020);
  mesh.services!.rpc = { ...server("worker2", "grpc", "grpc", 9021), upstreams: { echo: { localPort: 5011 } } };
  mesh.services!.h2 = { ...server("worker1", "http2", "http", 9022), upstreams: { rpc: { localPort: 5012 } } };
  mesh.gateways!["ingress-gateway"]!.listeners.push(
    { port: 8081, protocol: "tcp", services: [{ name: "echo" }] },
    { port: 8082, protocol: "grpc", services: [{ name: "rpc" }] },
    { port: 8083, protocol: "http2", services: [{ name: "h2" }] },
  );
  const permissions = [{ action: "allow" as const, http: { pathPrefix: "/debug" } }];
  mesh.intentions = [{ source: "ingress-gateway", destination: "frontend", permissions }];
  return mesh;
}

/** Past Terraform, as a person by hand. */
async function everybody(action: "allow" | "deny"): Promise<void> {
  for (const Name of ["echo", "rpc", "h2"]) {
    const entry = { Kind: "service-intentions", Name, Sources: [{ Name: "*", Action: action }] };
    await on("server1", asOperator(`consul config write - <<<'${JSON.stringify(entry)}'`));
  }
}

const followers = async (mesh: MeshDeclaration) =>
  (await doctor(mesh)).findings.filter(({ follows }) => follows).map(({ where }) => where);

describeOnLab("the doctor, with every protocol,", () => {
  const mesh = everyProtocol();

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
  });

  test("sees that every edge and route is as declared", async () => {
    expect(await doctorVerdict(mesh)).toEqual([]);
  });

  test("sees that what must be refused is allowed", async () => {
    await everybody("allow");
    expect((await followers(mesh)).sort()).toEqual([
      "worker1: echo -> h2 on worker1",
      "worker1: echo -> rpc on worker2",
      "worker1: frontend -> echo on worker1",
      "worker1: frontend -> h2 on worker1",
      "worker1: frontend -> rpc on worker2",
      "worker1: h2 -> echo on worker1",
      "worker2: backend -> echo on worker1",
      "worker2: backend -> h2 on worker1",
      "worker2: backend -> rpc on worker2",
      "worker2: rpc -> h2 on worker1",
    ]);
  });

  test("sees that what must be allowed is refused", async () => {
    await everybody("deny");
    // A connection that was open before goes on under the old rule until Envoy has drained it; tcp's are all new.
    expect(await followers(mesh)).toEqual(
      expect.arrayContaining(["gateway1: route :8081 host - -> echo", "worker2: rpc -> echo"]),
    );
  });
});
