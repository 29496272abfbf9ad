/** Several instances of a service on one node: names, ports, placeholders, and all that stays as it is with one. */
import { type Instance, instanceCount, layout, type MeshDeclaration } from "../../model";
import { filledIn, placeholdersIn } from "../../model/placeholder";
import { declaration, meshOf } from "../support/shop";

type Declared = NonNullable<MeshDeclaration["services"]>[string];

/** The shop with a frontend like this. */
function shop(frontend: Partial<Declared>): MeshDeclaration {
  const { services } = declaration();
  return declaration({ services: { ...services!, frontend: { ...services!.frontend!, ...frontend } } });
}

const run: Declared["run"] = {
  binary: "build/web",
  args: ["-listen", "127.0.0.1:%port", "-ready", "%health.port"],
  env: { BACKEND: "http://127.0.0.1:%upstream.backend.port/a", FORMAT: "%d %%port 100% %ports %upstream.other.porter" },
};

const service = ({ workload }: Instance) => {
  if (workload.kind !== "service") throw new Error("a service is needed");
  return workload;
};
const frontends = (mesh: MeshDeclaration) =>
  meshOf(mesh).instances.filter(({ workload }) => workload.name === "frontend");

describe("two instances on one node and one on another", () => {
  const mesh = shop({
    runsOn: [{ node: "worker1", instances: 2 }, "worker2"],
    run,
    health: { http: "/ready", port: 9101 },
  });
  const [first, second, third] = frontends(mesh);

  it("have names that no other service can have, and are rolled one after another", () => {
    expect(frontends(mesh).map(({ name, node, after }) => [name, node.name, after])).toEqual([
      ["frontend", "worker1", undefined],
      ["frontend_2", "worker1", "worker1"],
      ["frontend", "worker2", "worker1"],
    ]);
    expect(new Set(frontends(mesh).map(({ workload }) => workload.name))).toEqual(new Set(["frontend"]));
  });

  it("count all their ports up", () => {
    const ports = [first, second, third].map((one) => {
      const { port, health, upstreams } = service(one!);
      return [port, health.port, upstreams[0]!.localPort];
    });
    expect(ports).toEqual([
      [9001, 9101, 5000],
      [9002, 9102, 5001],
      [9001, 9101, 5000],
    ]);
    const sidecars = [first, second].flatMap((one) => [one!.sidecarPort, one!.adminPort]);
    expect(new Set(sidecars).size).toBe(4);
  });

  it("find their ports in arguments and environment; other percent signs are text", () => {
    expect(service(second!).args).toEqual(["-listen", "127.0.0.1:9002", "-ready", "9102"]);
    expect(service(second!).env).toEqual({
      BACKEND: "http://127.0.0.1:5001/a",
      FORMAT: "%d %port 100% %ports %upstream.other.porter",
    });
    expect(service(first!).args).toEqual(["-listen", "127.0.0.1:9001", "-ready", "9101"]);
  });

  it("count as three", () => {
    const [{ workload }] = frontends(mesh) as [Instance];
    expect(instanceCount(workload)).toBe(3);
  });
});

it("a script of a check gets the ports, too", () => {
  const health = { script: ["/usr/bin/check", "%port"] };
  const [, second] = frontends(shop({ runsOn: [{ node: "worker1", instances: 2 }], run, health }));
  expect(service(second!).health.script).toEqual(["/usr/bin/check", "9002"]);
});

it("a command before a release gets the ports, too", () => {
  const before = [["/usr/bin/migrate", "--to=%port", "%upstream.backend.port", "%%port"]];
  const [, second] = frontends(shop({ runsOn: [{ node: "worker1", instances: 2 }], run: { ...run, before } }));
  expect(service(second!).before).toEqual([["/usr/bin/migrate", "--to=9002", "5001", "%port"]]);
});

it("a job without a port or upstreams runs several times as it is", () => {
  const { services } = declaration();
  const run = { command: ["/usr/bin/job"] };
  const mesh = meshOf(
    declaration({ services: { ...services!, job: { runsOn: [{ node: "worker1", instances: 2 }], run } } }),
  );
  const jobs = mesh.instances.filter(({ workload }) => workload.name === "job");
  expect(jobs.map(({ name, workload }) => [name, "port" in workload])).toEqual([
    ["job", false],
    ["job_2", false],
  ]);
});

it("one instance is the same whether its number is written or not", () => {
  const [written] = frontends(shop({ runsOn: [{ node: "worker1", instances: 1 }] }));
  const [not] = frontends(shop({ runsOn: ["worker1"] }));
  expect(written).toEqual(not);
});

it("one more instance moves no Envoy port of another", () => {
  const others = (instances: number) => {
    const services: MeshDeclaration["services"] = {};
    for (let i = 0; i < 40; i++) {
      services[`s${i}`] = {
        runsOn: [i === 7 ? { node: "worker1", instances } : "worker1"],
        port: 3000 + 10 * i,
        protocol: "http",
        run: { command: ["/usr/bin/web", "%port"] },
      };
    }
    const { instances: all } = meshOf(declaration({ services, gateways: {} }));
    return all
      .filter(({ name }) => !layout.isFurther(name))
      .map(({ adminPort, sidecarPort }) => [adminPort, sidecarPort]);
  };
  expect(others(10)).toEqual(others(1));
});

describe("placeholders", () => {
  const ports = { port: 9001, health: {}, upstreams: [{ name: "a-b", localPort: 5000 }] };

  it.each([
    ["%port", "9001"],
    [":%port/x", ":9001/x"],
    ["%port%port", "90019001"],
    ["%%port", "%port"],
    ["%%%port", "%%port"],
    ["%health.port", "9001"],
    ["%upstream.a-b.port", "5000"],
    ["%upstream.c.port", "%upstream.c.port"],
    ["%ports %port_x %PORT %p", "%ports %port_x %PORT %p"],
    ["%i %h 50% %20", "%i %h 50% %20"],
  ])("%j is %j", (text, filled) => expect(filledIn(text, ports)).toBe(filled));

  it("are found where they would be filled in", () => {
    expect(placeholdersIn(["%port %%port", "%upstream.x.port"])).toEqual([
      { written: "%port" },
      { written: "%upstream.x.port", upstream: "x" },
    ]);
  });
});
