import type { Mesh, MeshNode, Service } from "../../model";
import type { Facts, Listener } from "../../nodes";
import { judge, type Look } from "../../preflight/judge";
import type { ConsulApi } from "../../preflight/judge-consul";
import { planFor } from "../../preflight/plan";
import { instanceOf, mesh, service, worker } from "../support/parts";
import { facts, heads, lookAt, MiB, planOf, shop } from "../support/preflight";

const answers: ConsulApi = { url: "https://10.77.0.10:8501" };

const found = (changes: Partial<Facts>, of = shop) => judge([lookAt("worker1", changes, of)], answers);

test("nothing is found where all is well", () => {
  expect(judge([lookAt("server1"), lookAt("worker1")], answers)).toEqual([]);
});

test("all problems of all nodes are found", () => {
  const looks = [lookAt("server1", { uid: 1000 }), lookAt("worker1", { missing: ["jq", "flock"], init: "bash" })];
  expect(heads(judge(looks, answers))).toEqual([
    "problem: server1: user",
    "problem: worker1: systemd",
    "problem: worker1: programs",
  ]);
});

describe("the node", () => {
  test.each([
    [{ version: 245, state: "running" }, "systemd 245"],
    [{ version: 252, state: "starting" }, "the system is starting"],
    [{ version: 252, state: "" }, "the system is not answering"],
  ])("systemd %j", (systemd, what) => {
    expect(found({ systemd })).toMatchObject([{ severity: "problem", where: { what: "systemd" }, found: what }]);
  });

  test.each([
    [0o700, "deploy", false],
    [0o750, "deploy", false], // the user's own group
    [0o750, "users", true],
    [0o755, "deploy", true],
    [0o701, "deploy", true],
  ])("a home folder of mode %s, group %s", (mode, group, told) => {
    const findings = found({ home: { path: "/home/deploy", mode, owner: "deploy", group } });
    expect(findings.map(({ where, remedy }) => [where.what, remedy])).toEqual(
      told ? [["home folder", "chmod 700 /home/deploy"]] : [],
    );
  });

  const arm: Mesh = { ...shop, nodes: shop.nodes.map((node) => ({ ...node, arch: "arm64" })) };

  test.each([
    ["x86_64", shop, []],
    ["aarch64", arm, []],
    ["aarch64", shop, ['write `arch: "arm64"` in nodes.worker1']],
    ["x86_64", arm, ['write `arch: "amd64"` in nodes.worker1']],
    ["riscv64", shop, [expect.stringMatching(/^use a node with an x86_64 or an aarch64 processor/)]],
    ["", shop, [expect.stringMatching(/^use a node/)]],
  ])("a processor that calls itself %j", (arch, of, remedies) => {
    expect(found({ arch }, of).map(({ remedy }) => remedy)).toEqual(remedies);
  });

  test("a processor that is not the declared one is told with both", () => {
    expect(found({ arch: "aarch64" })).toMatchObject([
      {
        severity: "problem",
        where: { what: "architecture" },
        found: "`uname -m` says aarch64, and nodes.worker1.arch is amd64",
      },
    ]);
  });

  test("a service that can be reached past the mesh is a warning, since the deploy may fix it", () => {
    expect(found({ open: [{ unit: "frontend.service", at: "0.0.0.0:9001" }] })).toMatchObject([
      { severity: "warning", where: { what: "frontend.service" }, found: "it listens on 0.0.0.0:9001" },
    ]);
  });

  test.each([
    ["missing", "/usr/bin/web: there is no such file"],
    ["mode", "/usr/bin/web: it is not executable for everyone"],
    ["interpreter /usr/bin/perl", "/usr/bin/web: what starts it is not there (/usr/bin/perl)"],
  ])("a command that is not to be started: %s", (fault, what) => {
    const instances = [instanceOf(service({ binary: undefined, command: ["/usr/bin/web", "-v"] }))];
    const of = { ...shop, instances };
    expect(found({ commands: { "/usr/bin/web": "" } }, of)).toEqual([]);
    expect(found({ commands: { "/usr/bin/web": fault } }, of)).toMatchObject([
      { severity: "problem", where: { on: "worker1", what: "frontend" }, found: what },
    ]);
  });

  test("a binary whose loader the node does not have", () => {
    const look = lookAt("worker1", { commands: { "/lib/ld.so": "missing" } });
    const here = { size: () => 0, interpreter: () => "/lib/ld.so", processor: () => undefined };
    const plan = planFor(shop, look.plan.node, here);
    expect(judge([{ ...look, plan }], answers)).toMatchObject([
      { severity: "problem", found: "/lib/ld.so: there is no such file", why: expect.stringContaining("/build/web") },
    ]);
  });

  describe("a program of the project that a command runs", () => {
    const binary = { path: "/project/dist", sha256: "ab".repeat(32), archive: "tar" as const };
    const folder = { files: 2, bytes: 100 };
    const findings = (changes: Partial<Service>) => {
      const read: string[] = [];
      const seen = (path: string) => {
        read.push(path);
        return "/lib/ld.so";
      };
      const look = lookAt("worker1", { commands: { "/lib/ld.so": "missing", "/usr/bin/node": "missing" } });
      const here = { size: () => 0, interpreter: seen, processor: () => "arm64" };
      const of = mesh({ instances: [instanceOf(service(changes))] });
      const all = judge([{ ...look, plan: planFor(of, look.plan.node, here) }], answers);
      return { found: all.filter(({ where }) => where.what === "frontend").map((one) => one.found), read };
    };

    test("in a folder is looked at", () => {
      expect(findings({ binary: { ...binary, folder }, command: ["bin/web"] })).toEqual({
        found: ["/lib/ld.so: there is no such file", "/project/dist/bin/web is built for arm64"],
        read: ["/project/dist/bin/web"],
      });
    });

    test("of the node is the node's", () => {
      expect(findings({ binary: { ...binary, folder }, command: ["/usr/bin/node", "x"] })).toEqual({
        found: ["/usr/bin/node: there is no such file"],
        read: [],
      });
    });

    test.each([
      ["an archive", binary],
      ["an artifact", { ...binary, url: "https://example.org/web.tar" }],
      ["files that are missing", { ...binary, missing: true }],
    ])("in %s is looked at on the node", (_what, packed) =>
      expect(findings({ binary: packed, command: ["bin/web"] })).toEqual({ found: [], read: [] }),
    );
  });

  describe("what a service needs of the node", () => {
    const declared = {
      user: "www-data",
      group: "media",
      workingDirectory: "/srv/shop",
      readWritePaths: ["/srv/media"],
    };
    const of = { ...shop, instances: [instanceOf(service(declared))] };
    const fine: Partial<Facts> = {
      accounts: { "www-data": { uid: 33, groups: ["www-data"] } },
      groups: { media: 1001 },
      paths: { "/srv/shop": "folder", "/srv/media": "file" },
    };

    test("is there", () => expect(found(fine, of)).toEqual([]));

    test.each<[string, Partial<Facts>]>([
      ["there is no user www-data", { accounts: {} }],
      ["www-data is root by another name", { accounts: { "www-data": { uid: 0, groups: ["www-data"] } } }],
      ["www-data is in the group consul", { accounts: { "www-data": { uid: 33, groups: ["www-data", "consul"] } } }],
      ["there is no group media", { groups: {} }],
      ["media is root by another name", { groups: { media: 0 } }],
      ["there is no /srv/shop", { paths: { "/srv/media": "folder" } }],
      ["/srv/shop is no folder", { paths: { "/srv/shop": "file", "/srv/media": "folder" } }],
      ["there is no /srv/media", { paths: { "/srv/shop": "folder" } }],
    ])("%s", (what, facts) => {
      expect(found({ ...fine, ...facts }, of)).toMatchObject([
        { severity: "problem", where: { on: "worker1", what: "frontend" }, found: what },
      ]);
    });
  });

  test("a declared limit that the node cannot hold is a warning", () => {
    const limited = { ...shop, instances: [instanceOf(service({ memoryMax: "512M", cpuQuota: "50%" }))] };
    expect(found({}, limited)).toEqual([]);
    expect(found({ controllers: ["cpu,cpuacct", "cpu", "pids"] }, limited)).toMatchObject([
      {
        severity: "warning",
        where: { what: "limits" },
        found: expect.stringMatching(/^memoryMax of frontend cannot be held/),
      },
    ]);
    expect(found({ controllers: [] })).toEqual([]);
  });

  test("a kernel that cannot close ports to other programs is a warning", () => {
    expect(found({ noFence: "operation not permitted" })).toMatchObject([
      {
        severity: "warning",
        where: { on: "worker1", what: "fences" },
        found: expect.stringContaining("not permitted"),
      },
    ]);
  });

  test("a system with some failed unit will do", () => {
    expect(found({ systemd: { version: 252, state: "degraded" } })).toEqual([]);
  });

  test("missing programs are told together, with the packages that bring them", () => {
    expect(found({ missing: ["sed", "find", "sha256sum"] })).toMatchObject([
      {
        where: { what: "programs" },
        found: "not there: sed, find, sha256sum",
        remedy: "apt-get install sed findutils coreutils",
      },
    ]);
  });

  test("a missing Envoy, and a Consul that does not start, are told", () => {
    const told = found({ missing: ["envoy"], versions: { consul: "" } });
    expect(told.map(({ found: what }) => what)).toEqual([
      "consul is there and does not print its version",
      "envoy is not there",
    ]);
  });
});

describe("room", () => {
  const folder = (path: string, free: number, device = "1") => ({
    path,
    device,
    free: free * MiB,
    inodesFree: 100_000,
    writable: true,
  });

  test("a binary that is to come counts twice, on top of the margin", () => {
    expect(found({ folders: [folder("/opt/gatehouse", 264)] })).toEqual([]);
    expect(found({ folders: [folder("/opt/gatehouse", 263)] })).toMatchObject([
      {
        where: { what: "disk" },
        found: "263 MiB free for /opt/gatehouse",
        why: expect.stringMatching(/^264 MiB are needed/),
      },
    ]);
  });

  test("a binary that is there already needs no room", () => {
    const there = { binaries: ["ab".repeat(32)], folders: [folder("/opt/gatehouse", 64)] };
    expect(found(there)).toEqual([]);
  });

  test("folders of one file system share its room and are told once", () => {
    const told = found({
      folders: [folder("/opt/gatehouse", 270), folder("/tmp", 270), folder("/var/backups", 2, "2")],
    });
    expect(told.map(({ found: what }) => what)).toEqual([
      "270 MiB free for /opt/gatehouse, /tmp",
      "2.0 MiB free for /var/backups",
    ]);
  });

  test("inodes run out too", () => {
    const folders = [{ ...folder("/opt/gatehouse", 1000), inodesFree: 12 }];
    expect(found({ folders })).toMatchObject([{ where: { what: "disk" }, found: "12 inodes free for /opt/gatehouse" }]);
  });

  test("what cannot be written to is told once", () => {
    const folders = ["/etc/systemd/system", "/etc/consul.d"].map((path) => ({
      ...folder(path, 1000),
      writable: false,
    }));
    expect(found({ folders })).toMatchObject([
      { where: { what: "writable" }, found: "cannot write to /etc/systemd/system, /etc/consul.d" },
    ]);
  });
});

describe("the clock", () => {
  const shifted = (seconds: number): Look => lookAt("worker1", { clock: 1_000_500 + seconds * 1000 });

  test.each([
    [4, []],
    [-4, []],
    [7, ["warning: worker1: clock"]],
    [-7, ["warning: worker1: clock"]],
    [62, ["problem: worker1: clock"]],
    [-600, ["problem: worker1: clock"]],
  ])("%d seconds off", (seconds, expected) => {
    expect(heads(judge([shifted(seconds)], answers))).toEqual(expected);
  });

  test("what the looking took counts for nothing", () => {
    const slow = { ...lookAt("worker1", { clock: 1_000_000 }), ended: 1_030_000 };
    expect(judge([slow], answers)).toEqual([]);
  });

  test("when the clocks of all nodes are off, ours is the one to look at", () => {
    const told = judge([shifted(600), { ...shifted(600), plan: planOf("server1") }], answers);
    expect(told.map(({ remedy }) => remedy.slice(0, 32))).toEqual(Array(2).fill("look at this machine's clock fir"));
  });
});

describe("Consul", () => {
  const agent = (changes: Partial<Facts["agent"]>) => ({ agent: { ...facts().agent, ...changes } });

  test.each([
    [{ status: 0 }, "nothing answers at 127.0.0.1:8500, consul.service is active"],
    [{ status: 500 }, "the agent answers 500"],
    [{ datacenter: "dc2" }, "the agent belongs to the datacenter dc2"],
    [{ leader: "" }, "the agent sees no leader"],
  ])("an agent with %j", (changes, what) => {
    expect(found(agent(changes))).toMatchObject([
      { severity: "problem", where: { what: "consul agent" }, found: what },
    ]);
  });

  test("an agent that knows no token of ours yet, where Consul was there before", () => {
    expect(found(agent({ status: 403 }))).toEqual([]);
  });

  test("an agent of ours that does not know its node's token", () => {
    const look = lookAt("worker1", agent({ status: 403 }));
    const told = judge([{ ...look, plan: { ...look.plan, ownAgent: true } }], answers);
    expect(told).toMatchObject([{ severity: "problem", remedy: "npm run rotate -- worker1" }]);
  });

  test("an old Consul is told", () => {
    expect(found({ versions: { consul: "1.17.3", envoy: "1.35.9" } })).toMatchObject([
      { where: { what: "consul" }, found: "consul 1.17.3" },
    ]);
  });

  test("an Envoy that this Consul does not name is worth a note", () => {
    expect(heads(found({ versions: { consul: "1.22.7", envoy: "1.36.4" } }))).toEqual(["note: worker1: envoy"]);
  });

  test("an agent that the cluster stack is about to set up need not be there yet, nor a leader, nor the API", () => {
    const own = mesh();
    const nothing = { ...agent({ status: 0, leader: "" }), units: [] };
    const looks = [lookAt("server1", nothing, own), lookAt("worker1", nothing, own)];
    expect(judge(looks, { ...answers, fault: "connect ECONNREFUSED" })).toEqual([]);
  });

  test("a stopped agent that the cluster stack would not touch is told", () => {
    const own = mesh();
    const { agentFiles } = planOf("worker1", own);
    expect(heads(found({ ...agent({ status: 0 }), files: agentFiles }, own))).toEqual([
      "problem: worker1: consul agent",
    ]);
  });

  test("an API that does not answer here is a problem of this machine", () => {
    const told = judge([lookAt("server1")], { ...answers, fault: "connect ECONNREFUSED" });
    expect(told).toMatchObject([
      { where: { on: "this machine" }, found: "https://10.77.0.10:8501: connect ECONNREFUSED" },
    ]);
  });
});

describe("names and ports", () => {
  const listener = (changes: Partial<Listener>): Listener => ({
    address: "any",
    port: 9001,
    pid: "77",
    unit: "squatter.service",
    program: "perl",
    ...changes,
  });

  test("a port that another process holds is one problem, for IPv4 and IPv6 together", () => {
    expect(found({ listeners: [listener({}), listener({})] })).toMatchObject([
      {
        severity: "problem",
        where: { what: "port 9001" },
        found: "held by perl (process 77, squatter.service)",
        remedy: "stop it: systemctl disable --now squatter.service; or declare another port",
      },
    ]);
  });

  test("the unit that is going to hold a port may hold it", () => {
    expect(found({ listeners: [listener({ unit: "frontend.service" })] })).toEqual([]);
  });

  test("another address is in the way of a sidecar, not of what is on loopback alone", () => {
    expect(found({ listeners: [listener({ address: "other" })] })).toEqual([]);
    expect(heads(found({ listeners: [listener({ address: "other", port: 21001 })] }))).toEqual([
      "problem: worker1: port 21001",
    ]);
  });

  test("another instance of the mesh on the port is a warning: it may be about to go", () => {
    const told = found({ listeners: [listener({ unit: "old.service" })], instances: ["old"] });
    expect(heads(told)).toEqual(["warning: worker1: port 9001"]);
  });

  test("Consul's ports matter only where the cluster stack sets the agent up", () => {
    const held = { listeners: [listener({ port: 8500, unit: "", program: "consul" })], units: [] };
    expect(heads(found(held, mesh()))).toEqual(["problem: worker1: port 8500"]);
    expect(found({ ...held, files: planOf("worker1", mesh()).agentFiles }, mesh())).toEqual([]);
  });

  const unit = (state: string) => ({ name: "consul.service", file: "/lib/systemd/system/consul.service", state });

  test("an agent that runs and is not Gatehouse's is a problem", () => {
    for (const state of ["active", "activating", "reloading"]) {
      const [told] = found({ units: [unit(state)] }, mesh());
      expect(told).toMatchObject({ severity: "problem", where: { on: "worker1", what: "consul.service" } });
      expect(told?.remedy).toContain("write existing: true under consul; if this agent is no longer needed");
      const ours = { written: ["/lib/systemd/system/consul.service"] }; // its record is lost
      expect(found({ units: [unit(state)], ...ours }, mesh())).toEqual([]);
    }
  });

  test("a stopped agent that the cluster stack is going to take over is worth a note", () => {
    const units = [unit("inactive")];
    expect(heads(found({ units }, mesh()))).toEqual(["note: worker1: consul.service"]);
    for (const record of ["/opt/gatehouse/agent.json", "/opt/gatehouse/agent.conf"]) {
      expect(found({ units, files: { [record]: "any" } }, mesh())).toEqual([]);
    }
    expect(found({ units }, shop)).toEqual([]);
  });
});

test("of a retired node only its ssh matters", () => {
  const retired: MeshNode = { ...worker, retired: true };
  const nothing = { missing: ["jq"], folders: [], agent: { ...facts().agent, status: 0 } };
  expect(found(nothing, { ...shop, nodes: [retired] })).toEqual([]);
});

describe("host keys", () => {
  const check = (hostKeys: string[]) => found({ hostKeys }).filter((one) => one.where.what === "host key");

  test("the declared key is the only one, or the first that Terraform asks for", () => {
    expect(check(["ssh-ed25519 AAAA"])).toEqual([]);
    expect(check([])).toEqual([]);
  });

  test("Terraform would be shown another key than the declared one: that one is named", () => {
    expect(check(["ssh-rsa RRRR", "ecdsa-sha2-nistp256 EEEE", "ssh-ed25519 AAAA"])).toMatchObject([
      {
        where: { on: "worker1" },
        severity: "problem",
        found: "declared is its ssh-ed25519 key, and Terraform is going to be shown its ecdsa-sha2-nistp256 key",
        remedy: `declare the node's other key: nodes.worker1.hostKey: "ecdsa-sha2-nistp256 EEEE"`,
      },
    ]);
  });
});

test("a release that was rolled back to by hand is a warning, since a deploy leaves it there", () => {
  expect(found({ rolledBack: ["frontend"] })).toMatchObject([
    {
      severity: "warning",
      where: { what: "rollback" },
      found: "frontend was taken back to an earlier release by hand",
      remedy: expect.stringContaining("npm run doctor -- --fix"),
    },
  ]);
});

describe("Consul's API", () => {
  const api = { url: "https://10.77.0.10:8501", addresses: ["10.77.0.10:8501"] };

  test("of a server that is down, the others are named", () => {
    const leader = { ...facts().agent, leader: "10.77.0.30:8300" };
    const [found] = judge([lookAt("server1"), lookAt("worker1", { agent: leader })], { ...api, fault: "ECONNREFUSED" });
    expect(found?.remedy).toContain('addresses: ["10.77.0.10:8501", "10.77.0.30:8501"] under consul');
  });

  test("of several addresses, those that do not answer are a warning", () => {
    const passedOver = [{ address: "10.77.0.9:8501", fault: "ECONNREFUSED" }];
    const [found, ...more] = judge([lookAt("worker1")], { ...api, passedOver });
    expect(found).toMatchObject({
      severity: "warning",
      found: "10.77.0.9:8501: ECONNREFUSED",
      why: "the deploy goes on with 10.77.0.10:8501",
    });
    expect(more).toEqual([]);
  });
});
