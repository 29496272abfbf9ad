/** Programs on a node that are not who may call: a service that was broken into, and a user who has no business there. */
import type { MeshDeclaration } from "../../../model";
import { doctorVerdict } from "../support/doctor";
import { declaration, deploy, describeOnLab, freshLab, gatewayUrl, getUntil, mainPid, on } from "../support/mesh";
import { as, openToTheNetwork, reached, reachedAtHome, STRANGER, userOf } from "../support/reach";

jest.setTimeout(300_000);

/** The frontend and another service on one node, which has a port for health. */
function together(): MeshDeclaration {
  const mesh = declaration();
  const { backend } = mesh.services!;
  const args = backend!.run.args!.map((arg) => arg.replace("9002", "9020"));
  const health = { tcp: true as const, port: HEALTH };
  args[args.indexOf("-tcp-port") + 1] = `127.0.0.1:${HEALTH}`;
  mesh.services!.echo = { ...backend!, runsOn: ["worker1"], port: 9020, run: { ...backend!.run, args }, health };
  return mesh;
}

const HEALTH = 9021;
const health = `127.0.0.1:${HEALTH}`;

interface Ports {
  sidecarPort: number;
  adminPort: number;
}

const portsOf = async (machine: string, name: string): Promise<Ports> =>
  JSON.parse(await on(machine, `cat /opt/gatehouse/instances/${name}/current/instance.json`));

/** sshd, Consul's DNS and gossip, and sidecars, which ask for a certificate. */
async function forEverybody(): Promise<string[]> {
  const sidecars = await Promise.all(["frontend", "echo"].map((name) => portsOf("worker1", name)));
  return [
    "127.0.0.1:22",
    "127.0.0.1:8600",
    "10.77.0.12:8301",
    ...sidecars.map(({ sidecarPort }) => `127.0.0.1:${sidecarPort}`),
  ];
}

/** Where the gateway tells the agent that it is ready. */
const ready = async () =>
  new URL(await on("gateway1", "grep -o 'http://127.0.0.1:[0-9]*/ready' /etc/consul.d/ingress-gateway.hcl")).host;

const leaf = (user: string, service: string) =>
  on(
    "worker1",
    `${as(user)} curl -s -m 5 -o /dev/null -w '%{http_code}' 127.0.0.1:8500/v1/agent/connect/ca/leaf/${service} || true`,
  );

describeOnLab("a node with two services", () => {
  const mesh = together();

  beforeAll(async () => {
    await freshLab();
    await deploy(mesh);
    await getUntil(200, gatewayUrl);
  });

  const atHome = async (user: string) => (await reachedAtHome("worker1", user)).sort();
  const sorted = async (...more: string[]) => [...(await forEverybody()), ...more].sort();

  test("lets root reach everything, so the attempts are sound", async () => {
    const { adminPort } = await portsOf("worker1", "frontend");
    const all = [
      "127.0.0.1:9001",
      "127.0.0.1:9020",
      health,
      "127.0.0.1:5000",
      "127.0.0.1:8500",
      `127.0.0.1:${adminPort}`,
    ];
    expect(await atHome("0 0")).toEqual(expect.arrayContaining(all));
    expect(await leaf("0 0", "frontend")).toBe("200"); // the agent asks for no token
  });

  test("lets no other user reach a service, an upstream, an admin page or the agent", async () => {
    expect(await atHome(STRANGER)).toEqual(await sorted());
  });

  test("lets a service reach itself and its upstreams", async () => {
    const frontend = await userOf("worker1", "frontend");
    expect(await atHome(frontend)).toEqual(await sorted("127.0.0.1:9001", "127.0.0.1:5000"));
    expect(await atHome(await userOf("worker1", "echo"))).toEqual(await sorted("127.0.0.1:9020", health));
    expect(await on("worker1", `${as(frontend)} curl -s -o /dev/null -w '%{http_code}' 127.0.0.1:5000`)).toBe("200");
  });

  test("lets a sidecar reach its service, its own page and the agent's xDS", async () => {
    const { adminPort } = await portsOf("worker1", "frontend");
    const sidecar = await userOf("worker1", "frontend-sidecar-proxy");
    const own = ["127.0.0.1:9001", "127.0.0.1:8503", `127.0.0.1:${adminPort}`];
    expect(await atHome(sidecar)).toEqual(await sorted(...own));
  });

  test("lets only the agent ask whether a gateway is ready", async () => {
    const port = await ready();
    const gateway = await userOf("gateway1", "ingress-gateway");
    for (const user of [STRANGER, gateway]) expect(await reached("gateway1", user, [port])).toEqual([]);
    expect(await reached("gateway1", await userOf("gateway1", "consul"), [port])).toEqual([port]);
  });

  test("gives no certificate and key of a service to who does not have root", async () => {
    for (const unit of ["frontend", "echo", "frontend-sidecar-proxy"]) {
      const user = await userOf("worker1", unit);
      expect(await leaf(user, "frontend")).toBe("000");
      expect(await leaf(user, "echo")).toBe("000");
    }
    expect(await leaf(STRANGER, "frontend")).toBe("000");
  });

  test("gives way to no other address of loopback", async () => {
    const echo = await userOf("worker1", "echo");
    expect(await reached("worker1", echo, ["127.0.0.1:9001", "127.1.2.3:9001", "::1:9001", "localhost:9001"])).toEqual(
      [],
    );
  });

  test("lets a service and a stranger reach of other nodes sshd, gossip, the gateway, and what asks for a certificate", async () => {
    const { sidecarPort } = await portsOf("worker2", "backend");
    const nodes = { server1: "10.77.0.10", gateway1: "10.77.0.11", worker2: "10.77.0.13" };
    const open = Object.entries(nodes).map(async ([node, address]) => [
      ...(await openToTheNetwork(node, address)),
      ...[8500, 8502, 8503, 8600, 9002].map((port) => `${address}:${port}`),
    ]);
    const tried = [...new Set((await Promise.all(open)).flat())];
    const expected = [
      ...[22, 8300, 8301, 8501, 8503].map((port) => `10.77.0.10:${port}`),
      ...[22, 8301, 8080].map((port) => `10.77.0.11:${port}`),
      ...[22, 8301, sidecarPort].map((port) => `10.77.0.13:${port}`),
    ];
    for (const user of [STRANGER, await userOf("worker1", "frontend")])
      expect((await reached("worker1", user, tried)).sort()).toEqual(expected.sort());
  });

  test("listens over UDP for gossip, which is encrypted, and for Consul's DNS on loopback", async () => {
    const nodes = { gateway1: "10.77.0.11", worker1: "10.77.0.12", worker2: "10.77.0.13" };
    for (const [node, address] of Object.entries(nodes)) {
      const open = (await on(node, "ss -Hlun | awk '{print $4}' | sort")).split("\n");
      expect(open).toEqual([`${address}:8301`, "127.0.0.1:8600"]);
    }
  });

  test("has no socket in the file system for who is not root or the agent", async () => {
    // The kernel names the sockets of programs that only send: @ and five digits.
    const paths = (await on("worker1", "ss -Hxl | awk '{ print $5 }'")).split("\n").filter(Boolean);
    const program = `import socket, sys
for path in sys.argv[1:]:
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET:
        try: socket.socket(socket.AF_UNIX, kind).connect(path.replace("@", "\\0", 1) if path[0] == "@" else path); print(path)
        except OSError: pass`;
    for (const user of [STRANGER, await userOf("worker1", "frontend")]) {
      const open = await on("worker1", `${as(user)} python3 -c '${program}' ${paths.join(" ")}`);
      expect(open.split("\n").filter((path) => !/^(\/run\/(systemd|dbus)\/|@[0-9a-f]{5}$)/.test(path))).toEqual([]);
    }
  });

  test("shows no user the files, the memory and the environment of another's process", async () => {
    const pids = await Promise.all(
      ["echo", "echo-sidecar-proxy", "frontend-sidecar-proxy", "consul"].map((unit) => mainPid("worker1", unit)),
    );
    const tries = pids.flatMap((pid) => [
      ...["root/", "cwd/", "fd/"].map((folder) => `ls /proc/${pid}/${folder}`),
      ...["environ", "maps"].map((file) => `head -c 1 /proc/${pid}/${file}`),
    ]);
    const done = tries.map((one) => `${one} >/dev/null 2>&1 && echo ${one}`).join("\n");
    const seen = (user: string) => on("worker1", `${as(user)} bash -c '${done}\ntrue'`);
    expect((await seen("0 0")).split("\n")).toEqual(tries);
    for (const user of [STRANGER, await userOf("worker1", "frontend")]) expect(await seen(user)).toBe("");
  });

  test("is as well when a process or the agent starts again, and after a reboot of the rules", async () => {
    const again = async (how: string) => {
      await on("worker1", how);
      await getUntil(200, gatewayUrl);
      expect(await atHome(STRANGER)).toEqual(await sorted());
      const frontend = await userOf("worker1", "frontend");
      expect(await atHome(frontend)).toEqual(await sorted("127.0.0.1:9001", "127.0.0.1:5000"));
    };
    const pid = await mainPid("worker1", "frontend");
    await again(`kill -9 ${pid}; while [ "$(systemctl show -P MainPID frontend)" = ${pid} ]; do sleep 0.1; done`);
    await again("systemctl restart consul");
    await again("nft flush ruleset; systemctl restart gatehouse-fence");
    expect(await doctorVerdict(mesh)).toEqual([]);
  });

  test("sends no token to a program that sits on the agent's port", async () => {
    const fortio = await on("worker1", "readlink /proc/$(systemctl show -P MainPID echo)/exe");
    const log = await on(
      "worker1",
      `systemctl stop consul
trap 'systemctl start consul' EXIT
${as(STRANGER)} ${fortio} server -loglevel debug -http-port 127.0.0.1:8500 -redirect-port disabled -grpc-port disabled -tcp-port disabled -udp-port disabled >/run/sits.log 2>&1 &
for try in $(seq 100); do curl -s -o /dev/null -H 'X-Consul-Token: of-this-test' 127.0.0.1:8500 && break; sleep 0.1; done
mesh status >/run/told.log 2>&1
timeout 30 systemctl restart frontend-sidecar-proxy
kill %1
grep -o 'is not Consul.s agent, so no token was sent' /run/told.log | head -1
cat /run/sits.log; rm /run/sits.log /run/told.log`,
    );
    expect(log).toMatch(/^is not Consul.s agent, so no token was sent$/m);
    expect(log).toContain("of-this-test");
    expect(log.match(/X-Consul-Token/gi)).toHaveLength((log.match(/of-this-test/g) ?? []).length);
    await getUntil(200, gatewayUrl);
  });

  test.each([
    ["of the agent's xDS", "worker1", "consul", () => 8503],
    ["of a service", "worker1", "echo", () => 9020],
    ["where a service is asked for its health", "worker1", "echo", () => HEALTH],
    ["of an upstream", "worker1", "frontend-sidecar-proxy", () => 5000],
    [
      "of an admin page",
      "worker1",
      "frontend-sidecar-proxy",
      async () => (await portsOf("worker1", "frontend")).adminPort,
    ],
    ["where a gateway says that it is ready", "gateway1", "ingress-gateway", async () => (await ready()).split(":")[1]],
  ])("gives no connection to a program that sits on the port %s", async (_, machine, unit, portOf) => {
    const port = await portOf();
    const asked = await on(
      machine,
      `systemctl stop ${unit}
trap 'systemctl start ${unit}' EXIT
${as(STRANGER)} python3 -m http.server -b 127.0.0.1 -d /usr/share ${port} >/dev/null 2>&1 &
for try in $(seq 100); do ss -Hltn 'sport = ${port}' | grep -q . && break; sleep 0.1; done
ss -Hltn 'sport = ${port}' | wc -l
curl -s -m 2 -o /dev/null -w '%{http_code}\\n' 127.0.0.1:${port} || true
sleep 1
ss -Htn state established 'sport = ${port}' | wc -l
kill %1`,
    );
    expect(asked.split("\n")).toEqual(["1", "000", "0"]);
    await getUntil(200, gatewayUrl);
  });

  test("has the agent follow no redirect of a service that it asks for its health", async () => {
    const file = "/etc/consul.d/backend.hcl";
    const key = "http://127.0.0.1:8500/v1/agent/connect/ca/leaf/backend";
    const answer = await on(
      "worker2",
      `cp -p ${file} /run/declared.hcl
trap 'mv /run/declared.hcl ${file}; systemctl reload consul' EXIT
sed -i 's|"http://127.0.0.1:9002/"|"http://127.0.0.1:9002/?status=302\\&header=Location:${key}"|' ${file}
systemctl reload consul
for try in $(seq 100); do
  curl -s -H "X-Consul-Token: $(cat /opt/gatehouse/secrets/backend.token)" 127.0.0.1:8500/v1/agent/checks | grep -o 'HTTP GET [^ ]*status=302.*' && break
  sleep 0.1
done`,
    );
    expect(answer).toContain(": 302 Found");
    expect(answer).not.toContain("CERTIFICATE");
    await getUntil(200, gatewayUrl);
  });

  test("keeps the agent's API alone closed after the last instance, since the agent keeps the keys of what ran there", async () => {
    const without = declaration();
    for (const service of Object.values(without.services!)) service.runsOn = ["worker2"];
    await deploy(without);
    await getUntil(200, gatewayUrl);
    expect(await on("worker1", "ls /opt/gatehouse/fences /run/gatehouse-envoy")).not.toContain("json");
    expect(await on("worker1", "nft list set inet gatehouse_fence closed")).toMatch(/elements = \{ 8500, 8501 \}/);
    expect(await leaf("0 0", "frontend")).toBe("200");
    expect(await leaf(STRANGER, "frontend")).toBe("000");
  });
});
