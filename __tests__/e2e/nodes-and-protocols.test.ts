import { remove, up } from "../../lab/machines";
import { hostKeyFrom, type MeshDeclaration } from "../../model";
import { changeTo, lossless } from "./changes";
import { consul, declaration, deploy, describeOnLab, freshLab, on, plan } from "./mesh";
import { snapshot } from "./snapshot";

jest.setTimeout(300_000);

const machines = ["server1", "gateway1", "worker1", "worker2", "worker3"];
const workers = ["worker1", "worker2"];

/** The lab's mesh with a second instance of the backend. */
function base(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.backend!.runsOn = workers;
  return mesh;
}

/** The same with one more machine. */
function withWorker3(): MeshDeclaration {
  const mesh = base();
  const hostKey = hostKeyFrom("lab/.state/worker3/ssh_host_ed25519_key.pub");
  mesh.nodes.worker3 = { role: "worker", address: "10.77.0.14", hostKey };
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
});
