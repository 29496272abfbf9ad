import fc from "fast-check";
import { checkMesh } from "../../model";
import { cases } from "../support/random";
import {
  type Draft,
  declaration,
  edited,
  files,
  fullDeclaration,
  meshOf,
  problemsOf,
  publicKey,
} from "../support/shop";

/** With one permission and one routing entry. */
function permitted(): Draft {
  return declaration({
    intentions: [
      {
        source: "frontend",
        destination: "backend",
        permissions: [{ action: "allow", http: { methods: ["GET"], pathPrefix: "/" } }],
      },
    ],
    configEntries: [{ kind: "service-router", name: "frontend", routes: [] }],
  });
}

describe("accepted", () => {
  it.each<[string, unknown]>([
    ["permissions and a router", permitted()],
    ["the fixture", fullDeclaration()],
    ["a gateway without listeners", edited((d) => (d.gateways.edge.listeners = []))],
    [
      "no services, gateways, intentions or entries",
      edited((d) => {
        for (const section of ["services", "gateways", "intentions", "configEntries"]) delete d[section];
      }),
    ],
    ["fields that are undefined", edited((d) => (d.services.frontend.health = undefined))],
    ["a frozen declaration", Object.freeze(fullDeclaration())],
    ["a service named constructor", edited((d) => (d.services.constructor = { ...d.services.store, port: 9010 }))],
    [
      "names of one and of 63 characters",
      edited((d) => {
        d.services.a = { ...d.services.store, port: 9010 };
        d.services["b".repeat(63)] = { ...d.services.store, port: 9011 };
      }),
    ],
    ["one port on two nodes", edited((d) => (d.services.backend.port = 9001))],
    [
      "one host on two listeners",
      edited((d) => {
        const [listener] = d.gateways.edge.listeners;
        d.gateways.edge.listeners.push({ ...listener, port: 8081 });
      }),
    ],
    ["* for every http service", edited((d) => (d.gateways.edge.listeners[0].services = [{ name: "*" }]))],
    [
      "a tcp listener over a tcp service",
      edited((d) => d.gateways.edge.listeners.push({ port: 9999, protocol: "tcp", services: [{ name: "store" }] })),
    ],
    [
      "hosts with a wildcard label",
      edited((d) => (d.gateways.edge.listeners[0].services[0].hosts = ["*.example.org", "*"])),
    ],
    ["upstreams in a circle", edited((d) => (d.services.backend.upstreams = { frontend: { localPort: 5000 } }))],
    [
      "a deny of a derived edge",
      edited((d) => (d.intentions = [{ source: "frontend", destination: "backend", action: "deny" }])),
    ],
    ["the agent", edited((d) => (d.ssh = { agent: true }))],
    ["a node with the agent under a mesh with a key", edited((d) => (d.nodes.worker1.ssh = { agent: true }))],
    [
      "no server where Consul runs already",
      edited((d) => {
        d.consul.existing = true;
        delete d.nodes.server1;
      }),
    ],
    [
      "a retired node without instances",
      edited((d) => (d.nodes.old = { role: "worker", address: "10.77.0.40", hostKey: publicKey(), retired: true })),
    ],
    ["a host key with a comment", edited((d) => (d.nodes.worker1.hostKey += " root@worker1"))],
    [
      "host names and IPv6",
      edited((d) => {
        d.nodes.worker1.address = "worker1.example.org";
        d.nodes.worker2.address = "fd00::13";
        d.consul.address = "[fd00::10]:8500";
      }),
    ],
    [
      "arguments of any printable kind",
      edited((d) => (d.services.frontend.run.args = ["", "a b", "$" + "{x} %{y} $(z) `q` \"'\\ %n 日本 🚪"])),
    ],
  ])("%s", (_what, declaration) => {
    expect(problemsOf(declaration)).toEqual([]);
  });
});

describe("several problems", () => {
  it("are listed in one go, whichever check finds them", () => {
    const problems = problemsOf(
      edited((d) => {
        d.name = "Shop";
        d.services.frontend.port = "9001";
        d.services.frontend.runsOn = ["server1", "nowhere"];
        d.services.backend.run.binary = "missing/backend";
        d.gateways.edge.listeners[0].services[0].name = "frontnd";
        d.intentions = [{ source: "stranger", destination: "backend", action: "allow" }];
        d.configEntries = [{ kind: "mesh", name: "mesh", Tls: {} }];
      }),
    );
    // From top to bottom, as a person reads the file.
    expect(problems.map(({ path }) => path)).toEqual([
      "name",
      "services.frontend.runsOn[0]",
      "services.frontend.runsOn[1]",
      "services.frontend.port",
      "services.backend.run.binary",
      "gateways.edge.listeners[0].services[0].name",
      "intentions[0].source",
      "configEntries[0].Tls",
    ]);
  });

  it("are looked for also in what runs nowhere yet", () => {
    const nowhere = edited((d) => Object.assign(d.services.frontend, { runsOn: [], port: 5000 }));
    expect(problemsOf(nowhere).map(({ path }) => path)).toEqual([
      "services.frontend.runsOn",
      "services.frontend.upstreams.backend.localPort",
    ]);
  });

  it("do not follow from one another", () => {
    // The service is broken, and its name is known all the same.
    expect(problemsOf(edited((d) => (d.services.backend = 5))).map(({ path }) => path)).toEqual(["services.backend"]);
    expect(problemsOf(edited((d) => (d.services = 5))).map(({ path }) => path)).toEqual(["services"]);
    expect(problemsOf(edited((d) => (d.nodes = null))).map(({ path }) => path)).toEqual(["nodes"]);
    expect(problemsOf(edited((d) => (d.nodes.server1 = {}))).map(({ path }) => path)).toEqual([
      "nodes.server1.role",
      "nodes.server1.address",
      "nodes.server1.hostKey",
    ]);
  });
});

describe("anything at all", () => {
  it.each([undefined, null, 5, "mesh", true, [], () => 1, Symbol("x"), new Date(), new Map(), 10n])(
    "%p is refused",
    (value) => {
      expect(problemsOf(value)).toHaveLength(1);
      expect(problemsOf(value)[0]).toMatchObject({ path: "", remedy: expect.stringMatching(/defineMesh/) });
    },
  );

  it("an object whose getter throws is refused", () => {
    const declaration = Object.defineProperty({}, "name", { enumerable: true, get: () => JSON.parse("{") });
    expect(problemsOf(declaration)).toHaveLength(1);
  });

  it("never throws on JSON, and either accepts or says why not", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => expectVerdict(value)),
      { numRuns: cases(300) },
    );
  });

  it("never throws on a declaration of which a part is anything", () => {
    const places = placesOf(permitted());
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), anything, (place, value) => {
        const declaration = permitted();
        const parent = place.slice(0, -1).reduce((at: Draft, step) => at[step], declaration);
        parent[place.at(-1) as string] = value;
        expectVerdict(declaration);
      }),
      { numRuns: cases(1500) },
    );
  });

  function expectVerdict(value: unknown): void {
    const result = checkMesh(value, files);
    if ("mesh" in result) expect(result.mesh.instances).toBeInstanceOf(Array);
    else {
      expect(result.problems.length).toBeGreaterThan(0);
      for (const problem of result.problems) {
        expect(problem).toEqual(
          expect.objectContaining({
            path: expect.any(String),
            found: expect.stringMatching(/^.{1,80}$/su),
            reason: expect.stringMatching(/./),
            remedy: expect.stringMatching(/./),
          }),
        );
      }
      expect(new Set(result.problems.map((problem) => JSON.stringify(problem))).size).toBe(result.problems.length);
    }
  }

  function placesOf(value: unknown, at: (string | number)[] = []): (string | number)[][] {
    if (typeof value !== "object" || value === null) return at.length ? [at] : [];
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return [...(at.length ? [at] : []), ...entries.flatMap(([key, inner]) => placesOf(inner, [...at, key]))];
  }
});

describe("the mesh", () => {
  it("keeps a declared architecture", () => {
    const mesh = meshOf(edited((d) => (d.nodes.worker1.arch = "arm64")));
    expect(mesh.nodes.map(({ arch }) => arch)).toEqual(["amd64", "amd64", "arm64", "amd64"]);
  });

  it("has every default filled in", () => {
    const mesh = meshOf(fullDeclaration());
    expect(mesh.consul).toEqual({
      datacenter: "dc1",
      address: "10.77.0.10:8501",
      addresses: ["10.77.0.10:8501"],
      existing: false,
      owns: ["proxy-defaults", "default-deny", "mesh"],
      acl: true,
      tls: true,
      gossipEncryption: true,
      openDns: false,
      wanGossip: false,
    });
    expect(mesh.nodes[2]).toEqual({
      name: "worker1",
      role: "worker",
      address: "10.77.0.12",
      hostKey: publicKey(),
      arch: "amd64",
      retired: false,
      ssh: { user: "root", port: 22, agent: false, privateKeyFile: "/project/keys/deploy" },
    });
    expect(mesh.services[1]).toEqual({
      kind: "service",
      name: "backend",
      runsOn: ["worker2"],
      port: 9002,
      protocol: "http",
      binary: { path: "/project/bin/backend", sha256: files.sha256("bin/backend") },
      args: [],
      env: {},
      secrets: [],
      health: { tcp: true, interval: "2s", timeout: "1s" },
      upstreams: [],
      deployAfter: [],
    });
    expect(mesh.gateways).toEqual([
      {
        kind: "ingress-gateway",
        name: "edge",
        runsOn: ["gateway1"],
        listeners: [{ port: 8080, protocol: "http", services: [{ name: "frontend", hosts: ["shop.example.org"] }] }],
      },
    ]);
  });

  it("reaches a node by the mesh's ssh with what the node says otherwise", () => {
    const hostKey = publicKey();
    const mesh = meshOf(
      edited((d) => {
        d.ssh = { user: "admin", privateKeyFile: "key", bastion: { host: "10.9.9.9", hostKey: `${hostKey} jump` } };
        d.nodes.worker1.ssh = { user: "root", port: 2222, agent: true };
        d.nodes.worker2.ssh = {
          bastion: { host: "10.9.9.8", hostKey, user: "jump", port: 23, privateKeyFile: "other" },
        };
      }),
    );
    const [, gateway1, worker1, worker2] = mesh.nodes.map(({ ssh }) => ssh);
    const bastion = { host: "10.9.9.9", port: 22, user: "admin", hostKey, privateKeyFile: "/project/key" };
    expect(gateway1).toEqual({ user: "admin", port: 22, agent: false, privateKeyFile: "/project/key", bastion });
    expect(worker1).toEqual({
      user: "root",
      port: 2222,
      agent: true,
      bastion: { host: "10.9.9.9", port: 22, user: "root", hostKey },
    });
    expect(worker2?.bastion).toEqual({
      host: "10.9.9.8",
      port: 23,
      user: "jump",
      hostKey,
      privateKeyFile: "/project/other",
    });
  });

  it("has its instances in a safe order, with their ports and who is rolled before them", () => {
    const mesh = meshOf(
      edited((d) => {
        d.services.backend.runsOn = ["worker2", "worker1"];
        d.gateways.edge.runsOn = ["gateway1", "worker1"];
      }),
    );
    const told = mesh.instances.map(
      ({ workload, node, after }) => `${workload.name}@${node.name}${after ? ` after ${after}` : ""}`,
    );
    expect(told).toEqual([
      "backend@worker2",
      "backend@worker1 after worker2",
      "frontend@worker1",
      "store@worker2",
      "edge@gateway1",
      "edge@worker1 after gateway1",
    ]);
    for (const { workload, adminPort, sidecarPort } of mesh.instances) {
      expect(sidecarPort).toBe(workload.kind === "service" ? adminPort + 2000 : undefined);
    }
  });

  it("is made of thousands of services, too", () => {
    const large = (count: number) =>
      edited((d) => {
        d.services = {};
        for (let i = 0; i < 20; i++)
          d.nodes[`n${i}`] = { role: "worker", address: `10.1.0.${i + 1}`, hostKey: publicKey() };
        for (let i = 0; i < count; i++) {
          const upstreams = i > 0 ? { [`s${i - 1}`]: { localPort: 40000 + Math.floor(i / 20) } } : {};
          const runsOn = [`n${i % 20}`];
          d.services[`s${i}`] = {
            runsOn,
            port: 30000 + Math.floor(i / 20),
            protocol: "http",
            run: { binary: "b" },
            upstreams,
          };
        }
        d.gateways.edge.listeners[0].services = [{ name: "*" }];
      });
    // A quarter of a second on a quiet machine; were it quadratic, Jest's own limit would end it.
    expect(meshOf(large(5000)).services).toHaveLength(5000);
  });
});

test("limits and a binary's sum are taken as they are written", () => {
  const declaration = fullDeclaration();
  const sum = "Ab".repeat(32);
  Object.assign(declaration.services!.frontend!, { memoryMax: "512M", cpuQuota: "150%" });
  Object.assign(declaration.gateways!.edge!, { memoryMax: "1G" });
  declaration.services!.frontend!.run.sha256 = sum;
  const result = checkMesh(declaration, { ...files, sha256: () => sum.toLowerCase() });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  expect(result.mesh.services[0]).toMatchObject({ memoryMax: "512M", cpuQuota: "150%" });
  expect(result.mesh.gateways[0]).toMatchObject({ memoryMax: "1G" });
  expect(result.mesh.services[1]).not.toHaveProperty("memoryMax");
});
