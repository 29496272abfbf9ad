/** Units as systemd and the kernel have them on the machines, not as their text says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ssh } from "../../../lab";
import type { MeshDeclaration } from "../../../model";
import {
  asOperator,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  getUntil,
  mainPid,
  on,
} from "../support/mesh";

jest.setTimeout(300_000);

const units: [machine: string, unit: string][] = [
  ["worker1", "frontend"],
  ["worker1", "frontend-sidecar-proxy"],
  ["worker2", "backend"],
  ["worker2", "backend-sidecar-proxy"],
  ["gateway1", "ingress-gateway"],
];
const agents: [machine: string, unit: string][] = ["server1", "gateway1", "worker1", "worker2"].map((machine) => [
  machine,
  "consul",
]);

/** The lab's mesh with limits, and with further listeners. */
function limited(...ports: number[]): MeshDeclaration {
  const mesh = declaration();
  Object.assign(mesh.services!.backend!, { memoryMax: "256M", cpuQuota: "50%" });
  const gateway = mesh.gateways!["ingress-gateway"]!;
  Object.assign(gateway, { memoryMax: "1G", cpuQuota: "150%" });
  gateway.listeners.push(
    ...ports.map((port) => ({ port, protocol: "http" as const, services: [{ name: "frontend", hosts: ["*"] }] })),
  );
  return mesh;
}

async function exposure(machine: string, unit: string): Promise<number> {
  const lastLine = (await on(machine, `systemd-analyze security --no-pager ${unit}.service`)).trim().split("\n").at(-1);
  const [, score] = /Overall exposure level for \S+: ([\d.]+)/.exec(lastLine ?? "") ?? [];
  return Number(score);
}

/** The process's user and groups, capabilities, `NoNewPrivs`, `Seccomp`. */
async function statusOf(machine: string, unit: string): Promise<Record<string, string>> {
  const text = await on(machine, `cat /proc/${await mainPid(machine, unit)}/status`);
  return Object.fromEntries(text.split("\n").map((line) => line.split(":\t") as [string, string]));
}

/** Runs a program where the process sees its files. */
const inside = async (machine: string, unit: string, command: string) =>
  ssh(machine, `nsenter -t ${await mainPid(machine, unit)} -m ${command}`);

/** An extension that the frontend's own token may write. Its sidecar then tells whether a shell ran. */
const RUNS_A_SHELL = `function envoy_on_response(handle)
  handle:headers():add("x-shell", tostring(os.execute("true")))
end`;

const writeEntry = (entry: object) =>
  on("server1", asOperator(`consul config write - <<'END'\n${JSON.stringify(entry)}\nEND`));

describeOnLab("the sandbox", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(limited());
  });

  test.each(units)("exposes little on %s: %s", async (machine, unit) => {
    expect(await exposure(machine, unit)).toBeLessThanOrEqual(2.0);
  });

  test.each(agents)("exposes little of the agent on %s", async (machine, unit) => {
    expect(await exposure(machine, unit)).toBeLessThanOrEqual(3.0);
  });

  test.each([
    ["consul-packaged", 9],
    ["by-hand", 9],
  ])("which is far less than a unit that is %s", async (name, least) => {
    const text = readFileSync(join(__dirname, "units", `${name}.service`), "utf8");
    const { exitCode } = await ssh("worker1", `cat >/run/systemd/system/${name}.service`, text);
    expect(exitCode).toBe(0);
    expect(await exposure("worker1", name)).toBeGreaterThan(least);
    await on("worker1", `rm /run/systemd/system/${name}.service; systemctl daemon-reload`);
  });

  test.each([...units, ...agents])(
    "on %s holds %s: a user that no person has, no capability, filtered calls",
    async (...which) => {
      const { Uid, Gid, CapEff, CapBnd, CapAmb, NoNewPrivs, Seccomp } = await statusOf(...which);
      expect(`${Uid}\t${Gid}`.split("\t")).not.toContain("0");
      expect([CapEff, CapBnd, CapAmb]).toEqual(Array(3).fill("0000000000000000"));
      expect([NoNewPrivs, Seccomp]).toEqual(["1", "2"]);
    },
  );

  test.each([...units, ...agents])("on %s gives %s no way to write, no devices, no other's files", async (...which) => {
    const seen = `/proc/${await mainPid(...which)}/root`;
    const files = ["/etc/x", "/usr/x", "/opt/gatehouse/x", "/var/lib/x"].map((file) => seen + file);
    const others = ["/dev/kmsg", "/root/.ssh"].map((file) => seen + file);
    const { stdout, stderr } = await ssh(which[0], `touch ${files.join(" ")}; ls ${others.join(" ")}`);
    expect(stdout).toBe("");
    for (const file of files) expect(stderr).toContain(`cannot touch '${file}': Read-only file system`);
    for (const file of others) expect(stderr).toContain(`cannot access '${file}'`);
  });

  test.each(units)("on %s gives %s the programs that it needs", async (machine, unit) => {
    const isEnvoy = !["frontend", "backend"].includes(unit);
    const { stderr, exitCode } = await inside(machine, unit, "/bin/sh -c true");
    if (isEnvoy) expect(stderr).toMatch(/\/bin\/sh: Permission denied/);
    else expect(exitCode).toBe(0);
    const loader = await inside(machine, unit, "/lib64/ld-linux-x86-64.so.2 /bin/true");
    expect(loader.exitCode === 0).toBe(!isEnvoy);
  });

  test("starts no shell for code that a service's own token brought into its sidecar", async () => {
    const read = "consul config read -kind service-defaults -name frontend";
    const { CreateIndex, ModifyIndex, ...declared } = JSON.parse(await on("server1", asOperator(read)));
    const Arguments = { ProxyType: "connect-proxy", Listener: "inbound", Script: RUNS_A_SHELL };
    const shell = async () =>
      (await on("worker1", `curl -s -o /dev/null -D - ${gatewayUrl}`)).match(/x-shell: (\S+)/i)?.[1];
    await writeEntry({ ...declared, EnvoyExtensions: [{ Name: "builtin/lua", Arguments }] });
    try {
      let said = await shell();
      for (let tries = 0; tries < 50 && said === undefined; tries++) said = await shell();
      expect(said).toMatch(/^(nil|false|-?[1-9]\d*)$/); // of a shell that ran: true or 0
    } finally {
      await writeEntry(declared);
    }
  });

  test("limits what is declared", async () => {
    const limits = (machine: string, unit: string) =>
      on(machine, `systemctl show -P CPUQuotaPerSecUSec -P MemoryMax ${unit}`);
    expect(await limits("worker2", "backend")).toBe(`500ms\n${256 * 2 ** 20}`);
    expect(await limits("gateway1", "ingress-gateway")).toBe(`1.500000s\n${2 ** 30}`);
    expect(await limits("worker1", "frontend")).toBe("infinity\ninfinity");
  });

  test("lets a gateway bind low ports as long as it has a listener there, and no longer", async () => {
    const before = await mainPid("gateway1", "ingress-gateway");
    await deploy(limited(8081));
    expect((await getUntil(200, "http://10.77.0.11:8081")).status).toBe(200);
    expect(await mainPid("gateway1", "ingress-gateway")).toBe(before); // other ports need no restart

    await deploy(limited(80));
    expect((await getUntil(200, "http://10.77.0.11:80")).status).toBe(200);
    const { Uid, CapEff, CapBnd } = await statusOf("gateway1", "ingress-gateway");
    expect(Uid?.split("\t")).not.toContain("0");
    expect([CapEff, CapBnd]).toEqual(Array(2).fill("0000000000000400")); // CAP_NET_BIND_SERVICE alone
    expect(await exposure("gateway1", "ingress-gateway")).toBeLessThanOrEqual(2.0);

    await deploy(limited());
    expect((await statusOf("gateway1", "ingress-gateway")).CapBnd).toBe("0000000000000000");
    expect((await get(gatewayUrl)).status).toBe(200);
    expect((await get("http://10.77.0.11:80")).status).toBe(0);
  });
});
