import { copyFileSync, truncateSync } from "node:fs";
import { linkDown, linkUp } from "../../../lab/machines";
import type { MeshDeclaration } from "../../../model";
import { pause } from "../interrupt";
import {
  backendOn,
  cdktf,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  mainPid,
  on,
  plan,
} from "../mesh";

jest.setTimeout(120_000);

const installed =
  "find /etc/consul.d /etc/systemd/system /opt/gatehouse ! -name full -type f -exec sha256sum {} + | sort; find /opt/gatehouse | sort";

/** A file system of its own for Gatehouse's folder, with the same content, and full. */
const fullDisk = `
cp -a /opt/gatehouse /var/tmp/gatehouse-copy
mount -t tmpfs -o size=40m tmpfs /opt/gatehouse
cp -a /var/tmp/gatehouse-copy/. /opt/gatehouse/
rm -rf /var/tmp/gatehouse-copy
head -c 100M /dev/zero >/opt/gatehouse/full 2>/dev/null || true`;

/** Ends the ssh session that receives an upload as soon as a part of it is there. */
const dropUpload = `
for try in $(seq 600); do
  receiver=$(pgrep -x scp | head -n 1)
  if [ -n "$receiver" ] && [ -n "$(find /opt/gatehouse/incoming -type f -size +1000k)" ]; then
    kill -9 "$(ps -o ppid= -p "$receiver" | tr -d ' ')"
    exit 0
  fi
  sleep 0.05
done
exit 1`;

describeOnLab("a machine in trouble", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(declaration());
  });

  test("that cannot be reached is named, the rest is deployed, and the next deploy does what is missing", async () => {
    const mesh = declaration();
    mesh.services!.near = backendOn(["worker1"], 9012);
    mesh.services!.far = backendOn(["worker2"], 9013);
    await linkDown("worker2");
    const { exitCode, text } = await failing(mesh).finally(() => linkUp("worker2"));
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(/worker2[\s\S]*10\.77\.0\.13:22/);
    expect(await on("worker1", "systemctl is-active near near-sidecar-proxy")).toBe("active\nactive");
    const missing = await plan(mesh);
    expect(missing.join()).toContain("instance_far_worker2");
    expect(missing.join()).not.toContain("instance_near_worker1");
    await deploy(mesh);
    expect(await plan(mesh)).toEqual([]);
    await deploy(declaration());
  });

  test.each([
    ["a full disk", fullDisk, "umount /opt/gatehouse", "MiB are free in /opt/gatehouse"],
    [
      "a read-only /etc",
      "mount -o bind /etc /etc && mount -o remount,bind,ro /etc",
      "umount -l /etc",
      "cannot write to /etc/systemd/system",
    ],
  ])(
    "%s: nothing is half-written, the old release runs on, the next deploy goes through",
    async (_, harm, mend, reason) => {
      const mesh = withGreeting(reason);
      await on("worker2", harm);
      const [pid, before] = [await mainPid("worker2", "backend"), await on("worker2", installed)];
      const { exitCode, text } = await failing(mesh);
      const [after, files] = [await mainPid("worker2", "backend"), await on("worker2", installed)];
      await on("worker2", mend);
      expect(exitCode).not.toBe(0);
      expect(text).toContain(reason);
      expect(text).toContain("nothing was changed");
      expect(after).toBe(pid);
      expect(files).toBe(before);
      expect((await get(gatewayUrl)).status).toBe(200);
      await deploy(mesh);
      expect(await on("worker2", `tr '\\0' '\\n' </proc/$(systemctl show -P MainPID backend)/cmdline`)).toContain(
        reason,
      );
    },
  );

  test("a connection that drops in the middle of an upload: the old release runs on, the next deploy uploads it all", async () => {
    copyFileSync("lab/bin/fortio", "lab/.state/e2e/large");
    truncateSync("lab/.state/e2e/large", 300_000_000);
    const mesh = declaration();
    mesh.services!.backend!.run.binary = "lab/.state/e2e/large";
    const pid = await mainPid("worker2", "backend");
    const [{ exitCode, text }] = await Promise.all([failing(mesh), on("worker2", dropUpload)]);
    expect(exitCode).not.toBe(0);
    expect(text).toContain("null_resource.binary_worker2_");
    expect(await mainPid("worker2", "backend")).toBe(pid);
    expect((await get(gatewayUrl)).status).toBe(200);
    await deploy(mesh);
    expect(await on("worker2", "stat -Lc %s /proc/$(systemctl show -P MainPID backend)/exe")).toBe("300000000");
    expect(await on("worker2", "ls /opt/gatehouse/incoming")).toBe("");
    await pause(500);
  });
});

const failing = (mesh: MeshDeclaration) => cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");

function withGreeting(greeting: string): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.backend!.run.args!.push("-H", `Greeting: ${greeting}`);
  return mesh;
}
