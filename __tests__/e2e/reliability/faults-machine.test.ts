import { copyFileSync, truncateSync } from "node:fs";
import { linkDown, linkUp } from "../../../lab";
import type { MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { pause } from "../support/interrupt";
import {
  backendOn,
  cdktf,
  cdktfCommand,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  mainPid,
  on,
  plan,
} from "../support/mesh";
import { during } from "../support/record";

jest.setTimeout(300_000);

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
for try in $(seq 2000); do
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
    await deploy(onWorker1());
  });

  test("that cannot be reached is named, the rest is deployed, and the next deploy does what is missing", async () => {
    const mesh = onWorker1();
    mesh.services!.near = backendOn(["worker1"], 9012);
    mesh.services!.far = backendOn(["worker2"], 9013);
    const { load } = await during("a worker that nothing runs on yet is unreachable in a deploy", async () => {
      await linkDown("worker2");
      const { exitCode, text } = await failing(mesh).finally(() => linkUp("worker2"));
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/worker2[\s\S]*10\.77\.0\.13:22/);
      expect(await on("worker1", "systemctl is-active near near-sidecar-proxy")).toBe("active\nactive");
      const missing = await plan(mesh);
      expect(missing.join()).toContain("instance_far_worker2");
      expect(missing.join()).not.toContain("instance_near_worker1");
      await deploy(mesh);
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await plan(mesh)).toEqual([]);
    await deploy(twoOfEach());
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
    async (harmed, harm, repair, reason) => {
      const mesh = withGreeting(reason);
      const { load } = await during(`two instances: ${harmed} on the worker of one in a deploy`, async () => {
        await on("worker2", harm);
        const [pid, before] = [await mainPid("worker2", "backend"), await on("worker2", installed)];
        const { exitCode, text } = await failing(mesh);
        const [after, files] = [await mainPid("worker2", "backend"), await on("worker2", installed)];
        await on("worker2", repair);
        expect(exitCode).not.toBe(0);
        expect(text).toContain(reason);
        expect(text).toContain("nothing was changed");
        expect(after).toBe(pid);
        expect(files).toBe(before);
        await deploy(mesh);
      });
      expect(load).toMatchObject({ failed: 0 });
      expect(await on("worker2", `tr '\\0' '\\n' </proc/$(systemctl show -P MainPID backend)/cmdline`)).toContain(
        reason,
      );
    },
  );

  test("a connection that drops in the middle of an upload: the old release runs on, the next deploy uploads it all", async () => {
    copyFileSync("lab/bin/fortio", "lab/.state/e2e/large");
    truncateSync("lab/.state/e2e/large", 300_000_000);
    const mesh = twoOfEach();
    mesh.services!.backend!.run.binary = "lab/.state/e2e/large";
    const pid = await mainPid("worker2", "backend");
    const { load } = await during("two instances: ssh drops in the middle of an upload", async () => {
      const [{ exitCode, text }] = await Promise.all([failing(mesh), on("worker2", dropUpload)]);
      expect(exitCode).not.toBe(0);
      expect(text).toContain("null_resource.binary_worker2_");
      expect(await mainPid("worker2", "backend")).toBe(pid);
      await deploy(mesh);
    });
    expect(load).toMatchObject({ failed: 0 });
    expect(await on("worker2", "stat -Lc %s /proc/$(systemctl show -P MainPID backend)/exe")).toBe("300000000");
    expect(await on("worker2", "ls /opt/gatehouse/incoming/lab")).toBe("");
    await pause(500);
  });

  test("whose clock is 10 minutes off: the preflight names it, and nothing is deployed", async () => {
    const { load } = await during("a clock 10 minutes off: the deploy is refused", async () => {
      const before = await on("worker2", installed);
      await on("worker2", wrongClock); // the clock is the host's and cannot be set here
      const { exitCode, stdout, stderr } = await npmDeploy(withGreeting("late"));
      await on("worker2", "cd /opt/gatehouse/bin && mv -T on-time gatehouse-node");
      expect(`${stdout}\n${stderr}`).toMatch(/worker2: clock[\s\S]*10 min ahead of this machine's/);
      expect(exitCode).not.toBe(0);
      expect(await on("worker2", installed)).toBe(before);
    });
    expect(load).toMatchObject({ failed: 0 });
  });
});

const failing = (mesh: MeshDeclaration) => cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");

/** `npm run deploy`, which looks at the machines first. */
async function npmDeploy(mesh: MeshDeclaration) {
  const { env } = cdktfCommand(mesh, [], "lab/.state/e2e/late.ts");
  return output(
    "npm",
    ["run", "-s", "deploy", "--", "--auto-approve"],
    {},
    { env: { ...env, GATEHOUSE_MESH: "lab/.state/e2e/late.ts" } },
  );
}

/** The node program's report of its clock, ten minutes ahead. */
const wrongClock = `
cd /opt/gatehouse/bin && mv gatehouse-node on-time
cat >gatehouse-node <<'SH'
#!/bin/sh
/opt/gatehouse/bin/on-time "$@" | awk -F '\\t' -v OFS='\\t' '$1 == "clock" { $2 = sprintf("%.3f", $2 + 600) } 1'
SH
chmod 0755 gatehouse-node`;

/** Nothing of it on the other worker. */
function onWorker1(): MeshDeclaration {
  const mesh = declaration();
  for (const service of Object.values(mesh.services!)) service.runsOn = ["worker1"];
  return mesh;
}

function twoOfEach(): MeshDeclaration {
  const mesh = declaration();
  for (const service of Object.values(mesh.services!)) service.runsOn = ["worker1", "worker2"];
  return mesh;
}

function withGreeting(greeting: string): MeshDeclaration {
  const mesh = twoOfEach();
  mesh.services!.backend!.run.args!.push("-H", `Greeting: ${greeting}`);
  return mesh;
}
