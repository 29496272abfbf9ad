/** The lab's own promises, on one machine, next to the others that the lab runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as lab from "../../lab/machines";
import { machinesFolder } from "../../lab/places";
import { run } from "../../toolchain";

const spare = { name: "lab-spare", address: "10.77.0.250" };
const name = spare.name;
const said = async (command: string): Promise<string> => (await lab.ssh(name, command)).stdout;
const pidIn = (file: string): number => Number(readFileSync(join(machinesFolder, name, file), "utf8").split(" ")[0]);

jest.setTimeout(180_000);
beforeAll(() => lab.up([spare]));
afterAll(() => lab.remove(name));

describe("a machine of the lab", () => {
  test("has booted without a failed unit", async () => {
    expect(await said("systemctl is-system-running --wait")).toBe("running");
  });

  test("has Consul and Envoy, read only", async () => {
    expect(await said("consul version; envoy --version")).toMatch(/Consul v[\s\S]*envoy {2}version/);
    expect(await lab.ssh(name, "echo >/usr/local/bin/consul")).toMatchObject({ exitCode: expect.any(Number) });
    expect(await said("consul version")).toContain("Consul v");
  });

  test("knows its own name, and no way out", async () => {
    expect(await said(`getent hosts ${name}`)).toMatch(/^10\.77\.0\.250\s/);
    expect(await said("ip route show default")).toBe("");
    expect(await said("cat /etc/resolv.conf")).toBe("");
  });

  test("hands over what a command said and its exit code", async () => {
    expect(await lab.ssh(name, "cat; echo err >&2; exit 3", "in\n")).toEqual({
      stdout: "in",
      stderr: "err",
      exitCode: 3,
    });
  });

  test("restarts one of its units without touching another machine's", async () => {
    const other = { name: "lab-other", address: "10.77.0.251" };
    await lab.up([other]);
    try {
      const before = (await lab.ssh(other.name, "systemctl show -P MainPID ssh")).stdout;
      await lab.ssh(name, "systemctl restart ssh");
      expect((await lab.ssh(other.name, "systemctl show -P MainPID ssh")).stdout).toBe(before);
    } finally {
      await lab.remove(other.name);
    }
  });
});

describe("what was written on a machine", () => {
  beforeEach(() => lab.ssh(name, "echo kept >/root/note; sync"));

  test.each<[string, () => Promise<void>]>([
    ["a reboot", () => lab.reboot(name)],
    ["a power cut", () => lab.kill(name).then(() => lab.start(name))],
    ["a shutdown", () => lab.stop(name).then(() => lab.start(name))],
  ])("is still there after %s", async (_event, happens) => {
    const boot = await said("cat /proc/sys/kernel/random/boot_id");
    await happens();
    expect(await said("cat /root/note")).toBe("kept");
    expect(await said("cat /proc/sys/kernel/random/boot_id")).not.toBe(boot);
  });

  test("shows up as a change, until it is gone", async () => {
    const before = lab.changes(name);
    await lab.ssh(
      name,
      "mkdir /opt/new && echo x >/opt/new/file && ln -s file /opt/new/link && mv /etc/issue /etc/was",
    );
    const { "/etc/issue": issue, "/opt/new/link": link, "/opt/new": folder } = lab.changes(name);
    expect({ issue, link, folder }).toEqual({ issue: "removed", link: "link file", folder: "folder 755 0:0" });
    await lab.ssh(name, "rm -r /opt/new; mv /etc/was /etc/issue");
    expect(lab.changes(name)).toEqual(before);
  });

  test("is gone after a reset, and the host key is the same", async () => {
    await lab.reset([spare]);
    expect(await said("cat /root/note 2>/dev/null || echo gone")).toBe("gone");
  });
});

describe("the network cable", () => {
  test("can be pulled and plugged in", async () => {
    await lab.linkDown(name);
    expect((await lab.ssh(name, "true")).exitCode).toBe(255);
    await lab.linkUp(name);
    await lab.reachable(name);
  });
});

describe("a new `up` repairs", () => {
  const breakages: [string, () => unknown][] = [
    ["nothing, where nothing is broken", () => {}],
    ["a dead supervisor", () => process.kill(pidIn("supervisor"), "SIGKILL")],
    ["a dead container", () => process.kill(pidIn("nspawn"), "SIGKILL")],
    ["a lost network namespace", () => run("ip", ["netns", "delete", `gatehouse-${name}`])],
    ["a lost cable", () => run("ip", ["link", "delete", "gh250"])],
    ["a lost mount", () => lab.kill(name).then(() => run("umount", [join(machinesFolder, name, "root")]))],
    ["keys of another clone", () => lab.ssh(name, "echo other >/root/.ssh/authorized_keys")],
    ["host keys of another clone", () => lab.ssh(name, "cd /etc/ssh; rm ssh_host_ed25519_key*; ssh-keygen -A")],
  ];
  test.each(breakages)("%s", async (_what, breakIt) => {
    await breakIt();
    await lab.up([spare]);
    expect(await said("hostname")).toBe(name);
    expect(await said("ip -4 -o address show eth0")).toContain("10.77.0.250/24");
  });
});
