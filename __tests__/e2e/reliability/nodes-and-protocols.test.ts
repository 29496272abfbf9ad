import { remove, up } from "../../../lab";
import { hostKeyFrom, type MeshDeclaration } from "../../../model";
import { changeTo, lossless } from "../support/changes";
import { consul, declaration, deploy, describeOnLab, freshLab, on, plan } from "../support/mesh";
import { snapshot } from "../support/snapshot";

jest.setTimeout(300_000);

const machines = ["server1", "gateway1", "worker1", "worker2", "worker3"];
const workers = ["worker1", "worker2"];
/** Requests of one second of load. */
const SECOND = 200;

/** The lab's mesh with a second instance of the backend, and a router and permissions that only http allows. */
function base(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.backend!.runsOn = workers;
  mesh.configEntries = [
    { kind: "service-router", name: "frontend", routes: [{ match: { http: { pathPrefix: "/no-such-path" } } }] },
  ];
  mesh.intentions = [
    {
      source: "ingress-gateway",
      destination: "frontend",
      permissions: [{ action: "allow", http: { pathPrefix: "/" } }],
    },
  ];
  return mesh;
}

/** The same with one more machine. */
function withWorker3(): MeshDeclaration {
  const mesh = base();
  const hostKey = hostKeyFrom("lab/.state/worker3/ssh_host_ed25519_key.pub");
  mesh.nodes.worker3 = { role: "worker", address: "10.77.0.14", hostKey };
  return mesh;
}

/** This service with another port. */
function onPort(mesh: MeshDeclaration, name: "frontend" | "backend", port: number): MeshDeclaration {
  const service = mesh.services![name]!;
  service.run.args = service.run.args!.map((arg) => arg.replace(`127.0.0.1:${service.port}`, `127.0.0.1:${port}`));
  service.port = port;
  return mesh;
}

/** Both services on other ports. */
const ported = (): MeshDeclaration => onPort(onPort(base(), "backend", 9022), "frontend", 9021);

/** The frontend speaks tcp, and so does the gateway's listener in front of it. */
function overTcp(): MeshDeclaration {
  const mesh = ported();
  mesh.services!.frontend!.protocol = "tcp";
  mesh.gateways!["ingress-gateway"]!.listeners = [{ port: 8080, protocol: "tcp", services: [{ name: "frontend" }] }];
  delete mesh.configEntries;
  delete mesh.intentions;
  return mesh;
}

/** Instances that callers are offered, as node:port. */
async function offered(service: string): Promise<string[]> {
  const found = await consul<{ Node: { Node: string }; Service: { Port: number } }[]>(
    `health/service/${service}?passing`,
  );
  return found.map(({ Node, Service }) => `${Node.Node}:${Service.Port}`).sort();
}

const listening = (machine: string, port: number): Promise<string> =>
  on(machine, `ss -Hltn 'sport = :${port}' | wc -l`);

describeOnLab("a mesh whose machines, ports and protocols change under load", () => {
  beforeAll(async () => {
    await freshLab();
    await up([{ name: "worker3", address: "10.77.0.14" }]);
    await deploy(base());
  });

  afterAll(() => remove("worker3"));

  test("a node is added, takes services over, and is retired again", async () => {
    const before = await snapshot(machines);
    const grown = withWorker3();
    grown.services!.frontend!.runsOn = ["worker3"];
    grown.services!.backend!.runsOn = [...workers, "worker3"];
    expect(await changeTo(grown, "a node added: a service moved to it, another got an instance more")).toMatchObject(
      lossless,
    );
    expect(await offered("frontend")).toEqual(["worker3:9001"]);
    expect(await offered("backend")).toEqual(["worker1:9002", "worker2:9002", "worker3:9002"]);

    const shrunk = withWorker3();
    shrunk.nodes.worker3!.retired = true;
    expect(await changeTo(shrunk, "the node retired again")).toMatchObject(lossless);
    expect(await snapshot(machines)).toEqual(before);
    // The machine can be switched off now: without its node a deploy does nothing to it.
    expect(await plan(base())).toEqual(["null_resource.sweep_worker3 destroyed"]);
  });

  test("a service with two instances gets another port", async () => {
    const mesh = onPort(base(), "backend", 9022);
    expect(await changeTo(mesh, "two instances: another port of the service")).toMatchObject(lossless);
    expect(await offered("backend")).toEqual(["worker1:9022", "worker2:9022"]);
    for (const worker of workers) expect(await listening(worker, 9002)).toBe("0");
  });

  test("the only instance of a service gets another port, and is away for a moment", async () => {
    const { failed, text } = await changeTo(ported(), "one instance: another port of the service (an outage)");
    // A check of another port is critical until it has passed once, which is up to its interval of 2 s.
    expect(failed).toBeLessThanOrEqual(3 * SECOND);
    expect(text).toMatch(/frontend was away for \d+ ms: it is the only instance/);
    expect(await offered("frontend")).toEqual(["worker1:9021"]);
    expect(await listening("worker1", 9001)).toBe("0");
  });

  test("a service changes its protocol behind its gateway, and back", async () => {
    const before = await snapshot(machines);
    for (const [mesh, protocol] of [
      [overTcp(), "tcp"],
      [ported(), "http"],
    ] as const) {
      // Connections that the gateway already has go on as they were.
      const options = { keepAlive: false };
      const { failed, text } = await changeTo(mesh, `a service's protocol becomes ${protocol} (an outage)`, options);
      // Consul leaves the gateway without endpoints for one to two seconds; a whole deploy would be much more.
      expect(failed).toBeLessThanOrEqual(5 * SECOND);
      expect(text).toContain("protocols: PUT service-defaults/frontend");
      expect(await consul("config/service-defaults/frontend")).toMatchObject({ Protocol: protocol });
      expect(await consul("config/ingress-gateway/ingress-gateway")).toMatchObject({
        Listeners: [{ Port: 8080, Protocol: protocol, Services: [{ Name: "frontend" }] }],
      });
    }
    expect(await snapshot(machines)).toEqual(before);
  });
});
