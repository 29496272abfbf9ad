/**
 * A command of the node with a user, folders, limits, configuration files and labels: the example of docs/service-settings.md. Next to
 * it are services without a port.
 */
import { readFileSync } from "node:fs";
import settings from "../../meshes/examples/settings";
import workers from "../../meshes/examples/worker";
import type { MeshDeclaration } from "../../model";
import { doctorVerdict } from "./support/doctor";
import { underLoad } from "./support/load";
import {
  type Answer,
  cdktf,
  consul,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  getUntil,
  mainPid,
  on,
  plan,
} from "./support/mesh";
import { plant } from "./support/planted";

jest.setTimeout(300_000);

type Service = NonNullable<MeshDeclaration["services"]>[string];

/** The example with another backend, a worker that calls it, and a service that calls nothing. */
function mesh(run: object = {}, service: Partial<Service> = {}, working: object = {}): MeshDeclaration {
  const declared = structuredClone(settings);
  const { backend } = declared.services!;
  const { worker } = structuredClone(workers).services!;
  declared.services!.worker = { ...worker!, run: { ...worker!.run, ...working } as Service["run"] };
  declared.services!.job = { runsOn: ["worker1"], run: { command: ["/usr/bin/perl", "-e", "sleep 9 while 1"] } };
  declared.services!.backend = { ...backend!, ...service, run: { ...backend!.run, ...run } as Service["run"] };
  return declared;
}

/** The greeting, the number of requests so far, and the user. */
const words = ({ body }: Answer) => body.trim().split(" ");
const ask = async () => words(await getUntil(200, gatewayUrl));

/** Fails where it can read a token, or the gossip key. */
const READS_TOKENS = `exit 3 if grep { open my $f, "<", $_ } qw(/etc/consul.d/gatehouse-secrets.json /etc/consul.d/backend.hcl
  /opt/consul/serf/local.keyring); print "no token for ", scalar getpwuid $<; exit 0`;

/** The health check of the backend on a node, as a user of it asks. */
const askHealth = (user: string) =>
  on(
    "worker1",
    `setpriv --reuid ${user} --regid ${user} --clear-groups /opt/gatehouse/bin/lab/gatehouse-node health ask /run/gatehouse-health/backend; echo " exit $?"`,
  );

/** The words of a deploy that has to fail. */
async function failing(declared: MeshDeclaration): Promise<string> {
  const { exitCode, text } = await cdktf(declared, "deploy", "cluster", "mesh", "--auto-approve");
  expect(exitCode).not.toBe(0);
  return text;
}

/** A command that notes the first line of the configuration file, and goes on with these words of perl. */
function migrate(then: string): string[][] {
  const read = 'open my $f, "<", "$ENV{CONFIGURATION_DIRECTORY}/greeting.txt"; my $text = <$f>;';
  const note = 'open my $to, ">>", "$ENV{STATE_DIRECTORY}/migrated"; print $to $text; close $to;';
  return [["/usr/bin/perl", "-e", `${read} ${note} ${then}`]];
}

describeOnLab("a service with settings", () => {
  const answers = "tail -n 1 /var/lib/gatehouse-worker/done/answers";

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh());
  });

  test("serves with its configuration, its limits and its labels, and the doctor finds nothing", async () => {
    expect((await ask())[0]).toBe("hello");
    const limits = await on("worker2", "systemctl show -p MemoryMax -p LimitNOFILE -p TasksMax backend");
    expect(limits.split("\n").sort()).toEqual(["LimitNOFILE=1024", `MemoryMax=${64 * 2 ** 20}`, "TasksMax=16"]);
    const catalogue = (await consul("health/connect/backend")) as {
      Node: { Node: string };
      Service: { Meta: Record<string, string>; Tags: string[] };
    }[];
    const labels = catalogue.map(({ Node, Service: one }) => [Node.Node, one.Meta.version, one.Tags]);
    expect(labels.sort()).toEqual([
      ["worker1", "1", []],
      ["worker2", "2", ["canary"]],
    ]);
    expect(await doctorVerdict(mesh())).toEqual([]);
    expect(await plan(mesh())).toEqual([]);
  });

  test("a worker without a port calls its upstream, and nothing can call it", async () => {
    expect(await on("worker1", answers)).toMatch(/^first HTTP\/1.1 200 OK/);
    const [registered] = (await consul("catalog/service/worker")) as { ServicePort: number }[];
    expect(registered?.ServicePort).toBe(0);
    const [sidecar] = (await consul("catalog/connect/worker")) as { ServicePort: number }[];
    const reach = (address: string) =>
      `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => "${address}:${sidecar!.ServicePort}", Timeout => 2) ? "open" : "closed"'`;
    expect(await on("worker1", reach("127.0.0.1"))).toBe("open");
    expect(await on("worker2", reach("10.77.0.12"))).toBe("closed");
  });

  test("without a port and without upstreams, a service is a unit that Consul does not know", async () => {
    expect(await on("worker1", "systemctl show -P ActiveState job")).toBe("active");
    expect(await on("worker1", "ls /etc/consul.d /etc/systemd/system /opt/gatehouse/secrets | grep ^job")).toBe(
      "job.service",
    );
    expect(await consul("catalog/service/job")).toEqual([]);
  });

  test("a worker is rolled, and taken back when its process ends", async () => {
    const first = await mainPid("worker1", "worker");
    await deploy(mesh({}, {}, { args: ["second"] }));
    const second = await mainPid("worker1", "worker");
    expect(second).not.toBe(first);
    const broken = "sleep 1; print STDERR 'no such queue'; exit 3";
    const text = await failing(mesh({}, {}, { command: ["/usr/bin/perl", "-e", broken] }));
    expect(text).toContain("worker.service ended, and has to run for at least 4s");
    expect(text).toContain("no such queue");
    expect(text).toMatch(/worker is not healthy; this node went back to release \w+, which serves/);
    expect(await on("worker1", `sleep 3; ${answers}`)).toMatch(/^second HTTP\/1.1 200 OK/);
  });

  test("a command before a release that fails leaves what serves", async () => {
    const [pid, [greeting]] = [await mainPid("worker1", "backend"), await ask()];
    const before = migrate('print STDERR "no such table\\n"; exit 2');
    const text = await failing(mesh({ configFiles: { "greeting.txt": { text: "new\n" } }, before }));
    expect(text).toContain("no such table");
    expect(text).toMatch(/\(run\.before\) failed.*nothing was changed/s);
    expect(await mainPid("worker1", "backend")).toBe(pid);
    expect((await ask())[0]).toBe(greeting);
    expect(await on("worker1", "cat /var/lib/gatehouse-backend/migrated")).toBe("new");
  });

  test("commands run once before each release, and a configuration file may be a secret", async () => {
    const secret = (version: string) =>
      mesh({ configFiles: { "greeting.txt": { secret: "greeting", version } }, before: migrate("") });
    plant({ backend: { greeting: "psst\nsecond\n" } });
    await deploy(secret("1"));
    expect((await ask())[0]).toBe("psst\nsecond");
    const file = "cat /opt/gatehouse/config/backend/greeting.txt";
    expect(await on("worker2", file)).toBe("psst\nsecond");
    expect(await on("worker2", `setpriv --reuid 33 --regid 33 --clear-groups ${file} 2>&1 || true`)).toMatch(/denied/);
    const pid = await mainPid("worker2", "backend");
    plant({ backend: { greeting: "hush\n" } });
    await deploy(secret("2"));
    expect((await ask())[0]).toBe("hush");
    expect(await mainPid("worker2", "backend")).toBe(pid); // by a signal
    expect(await on("worker2", "cat /var/lib/gatehouse-backend/migrated")).toBe("psst\nhush");
    expect(await on("worker2", "ls /run/gatehouse-before")).toBe("");
    expect(await doctorVerdict(secret("2"))).toEqual([]);
    expect(await plan(secret("2"))).toEqual([]);
    const written = ["terraform.lab.mesh.tfstate", "cdktf.out/stacks/mesh/cdk.tf.json"];
    expect(written.filter((path) => /psst|hush/.test(readFileSync(path, "utf8")))).toEqual([]);
    plant({});
  });

  test("keeps its files and its configuration from every other user of the node", async () => {
    const others = "ls /opt/gatehouse/config /var/lib/private/gatehouse-backend /var/lib/gatehouse-backend/";
    expect(await on("worker2", `setpriv --reuid 33 --regid 33 --clear-groups ${others} 2>&1 || true`)).not.toMatch(
      /greeting|count/,
    );
  });

  test("reads another configuration without a restart", async () => {
    const before = await mainPid("worker2", "backend");
    await deploy(mesh({ configFiles: { "greeting.txt": { text: "bye\n" } } }));
    expect((await ask())[0]).toBe("bye");
    expect(await on("worker2", "ls -A /opt/gatehouse/config /opt/gatehouse/config/backend")).not.toContain("before");
    expect(await mainPid("worker2", "backend")).toBe(before);
  });

  test("keeps its data over a release and another user", async () => {
    const count = () => on("worker2", "cat /var/lib/gatehouse-backend/count");
    const before = Number(await count());
    await on("worker1", "mkdir -p /srv/shop");
    await on("worker2", "mkdir -p /srv/shop");
    await deploy(mesh({ user: "www-data", workingDirectory: "/srv/shop", readWritePaths: ["/srv/shop"] }));
    expect((await ask())[2]).toBe("www-data");
    expect(Number(await count())).toBeGreaterThan(before);
    expect(await on("worker2", "stat -c '%U %a' /var/lib/gatehouse-backend")).toBe("www-data 700");
  });

  test.each<[string, Partial<Service["health"]>, number]>([
    ["a script that finds no token", { script: ["/usr/bin/perl", "-e", READS_TOKENS.replaceAll("\n", " ")] }, 0],
    ["a script that fails", { script: ["/usr/bin/perl", "-e", "print 'no'; exit 3"], startTimeout: "5s" } as never, 1],
  ])("with %s that the agent asks for every five minutes is deployed at once", async (_, check, exit) => {
    const began = Date.now();
    const health = { interval: "5m", timeout: "2s", ...check } as Service["health"];
    const { exitCode, text } = await cdktf(
      mesh({ user: "www-data" }, { health }),
      "deploy",
      "cluster",
      "mesh",
      "--auto-approve",
    );
    expect(exitCode).toBe(exit);
    if (exit) expect(text).toMatch(/exit status 3, "no"/);
    expect(Date.now() - began).toBeLessThan(90_000);
    expect((await ask())[2]).toBe("www-data");
  });

  test("has its script run by its own user, for the agent and for root alone", async () => {
    expect(await askHealth("consul")).toBe("no token for www-data exit 0");
    expect(await askHealth("0")).toBe("no token for www-data exit 0");
    const refused = /permission denied\s+exit 2$/;
    expect(await askHealth("65534")).toMatch(refused);
    expect(await askHealth("www-data")).toMatch(refused);
    const sandbox = "gatehouse-health-backend.service";
    expect(await on("worker1", `systemd-analyze security --no-pager ${sandbox} | tail -1`)).toMatch(/: 1\.\d /);
    await on("worker1", `systemctl kill -s KILL ${sandbox}`);
    expect(await askHealth("consul")).toBe("no token for www-data exit 0");
  });

  test("takes its data along when it leaves a node, since it is declared so", async () => {
    // With its script: an agent does not start without the right to run one that a definition still has.
    const health = { script: ["/usr/bin/perl", "-e", "exit 0"], interval: "5m", timeout: "2s" };
    await deploy(mesh({}, { runsOn: ["worker1"], health }));
    expect((await ask())[0]).toBe("hello");
    const left = "ls -d /var/lib/gatehouse-backend /var/lib/private/gatehouse-backend /opt/gatehouse/config/backend";
    expect(await on("worker2", `${left} 2>/dev/null || true`)).toBe("");
  });

  describe("twice on one node", () => {
    const script = { script: ["/usr/bin/perl", "-e", "exit 0"], interval: "5m", timeout: "2s" };
    const instances = (number: number, run: object = {}) =>
      mesh({ args: ["127.0.0.1:%port"], ...run }, { runsOn: [{ node: "worker1", instances: number }], health: script });
    const pids = () => Promise.all(["backend", "backend_2"].map((name) => mainPid("worker1", name)));

    test("answers from both, each a user with data of its own, and the doctor finds nothing", async () => {
      await deploy(instances(2));
      const users = new Set<string | undefined>();
      for (let asked = 0; asked < 60 && users.size < 2; asked++) users.add((await ask())[2]);
      expect(users.size).toBe(2);
      const catalogue = (await consul("health/connect/backend")) as {
        Service: { ID: string; Proxy: { DestinationServiceID: string; LocalServicePort: number } };
      }[];
      const found = catalogue.map(({ Service: one }) => [one.Proxy.DestinationServiceID, one.Proxy.LocalServicePort]);
      expect(found.sort()).toEqual([
        ["backend", 9002],
        ["backend_2", 9003],
      ]);
      expect(await on("worker1", "ls -d /var/lib/gatehouse-backend*")).toBe(
        "/var/lib/gatehouse-backend\n/var/lib/gatehouse-backend_2",
      );
      expect(await on("worker1", "mesh status")).toMatch(/release of backend_2: \w{12}/);
      expect(await doctorVerdict(instances(2))).toEqual([]);
      expect(await plan(instances(2))).toEqual([]);
    });

    test("loses no request when both get a release", async () => {
      const before = await pids();
      const release = () => deploy(instances(2, { env: { RELEASE: "2" } }));
      const { load, result } = await underLoad(gatewayUrl, release, { qps: 50 });
      expect(load).toMatchObject({ failed: 0 });
      expect(result.text).not.toMatch(/was away for|is not drained/);
      for (const [index, pid] of (await pids()).entries()) expect(pid).not.toBe(before[index]);
    });

    test("loses no request when it gets a release and is one again, and nothing is left of the second", async () => {
      const { load, result } = await underLoad(gatewayUrl, () => deploy(instances(1, { env: { RELEASE: "3" } })), {
        qps: 50,
      });
      expect(load).toMatchObject({ failed: 0 });
      expect(result.text).not.toMatch(/was away for/);
      const places = "/etc/systemd/system /etc/consul.d /opt/gatehouse /var/lib /run/gatehouse-envoy";
      expect(await on("worker1", `find ${places} -name '*backend_2*'`)).toBe("");
      expect(await doctorVerdict(instances(1, { env: { RELEASE: "3" } }))).toEqual([]);
    });
  });
});
