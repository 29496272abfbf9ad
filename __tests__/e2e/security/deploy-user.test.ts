/** The lab's mesh is deployed by `deploy`, who is not root and may run one program with sudo. */
import { execFileSync } from "node:child_process";
import { ssh } from "../../../lab";
import { output } from "../../../toolchain";
import {
  cdktf,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  meshFile,
  on,
  plan,
} from "../support/mesh";

jest.setTimeout(300_000);

const machines = ["server1", "gateway1", "worker1", "worker2"];
/** As the user who deploys, with the deploy's own key. */
const asDeploy = (command: string) =>
  output("ssh", [
    "-F",
    "none",
    "-i",
    "lab/.state/id_ed25519",
    "-o",
    "UserKnownHostsFile=lab/.state/worker1/known_hosts",
    "-o",
    "LogLevel=ERROR",
    "deploy@10.77.0.12",
    command,
  ]);

async function preflight() {
  const { stdout, exitCode } = await output(
    process.execPath,
    ["bin/gatehouse.js", "preflight", "--json"],
    {},
    { env: { ...process.env, GATEHOUSE_MESH: meshFile } },
  );
  const { findings } = JSON.parse(stdout) as { findings: { node: string; check: string; remedy: string }[] };
  return { exitCode, findings };
}

describeOnLab("a deploy by a user who is not root", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(declaration());
  });

  test("serves, and that user alone did it", async () => {
    expect(declaration().ssh.user).toBe("deploy");
    expect((await get(`${gatewayUrl}/debug`)).status).toBe(200);
    expect(await plan(declaration())).toEqual([]);
    for (const machine of machines) {
      const runs = await on(machine, "journalctl -t gatehouse-root --no-pager -o cat");
      expect(runs).toMatch(/^deploy runs the program [0-9a-f]{64}$/m);
      expect(await on(machine, "stat -c '%a %U' /home/deploy")).toBe("700 deploy");
    }
  });

  test("has a key that opens one program of root's, without arguments, and nothing else", async () => {
    const allowed = (await asDeploy("sudo -n -l")).stdout.split("may run the following commands")[1] ?? "";
    expect(allowed.split("\n").slice(1).join("").trim()).toBe('(root) NOPASSWD: /usr/local/sbin/gatehouse-root ""');
    for (const command of ["id", "bash -s", "/usr/local/sbin/gatehouse-root -x", "-u deploy2 id"]) {
      expect(await asDeploy(`sudo -n ${command}`)).toMatchObject({ exitCode: 1, stdout: "" });
    }
    const programs = ["/usr/local/sbin/gatehouse-root", "/opt/gatehouse/bin/lab/gatehouse-node"];
    for (const file of [...programs, "/etc/sudoers.d/gatehouse"]) {
      expect((await asDeploy(`echo x >>${file}`)).exitCode).not.toBe(0);
    }
    const { stdout } = await asDeploy("cat /opt/gatehouse/env/frontend.env; ls /opt/gatehouse/env /root");
    expect(stdout).toBe("");
  });

  test("leaves no program behind", async () => {
    await new Promise((done) => setTimeout(done, 4000));
    expect(
      await on(
        "worker1",
        "ls -A /home/deploy /root /tmp /run | grep '^[.]*gatehouse-' | grep -vxE 'gatehouse-(envoy|secrets)' || true",
      ),
    ).toBe("");
  });

  test("is refused where the right is missing, and the preflight tells how to give it", async () => {
    await on("worker1", "mv /etc/sudoers.d/gatehouse /root/gatehouse.sudoers");
    try {
      const { exitCode, findings } = await preflight();
      expect(exitCode).not.toBe(0);
      expect(findings.filter(({ node }) => node === "worker1")).toMatchObject([
        { check: "sudo", remedy: expect.stringContaining("deploy-user.sh") },
      ]);
      const mesh = declaration();
      mesh.services!.frontend!.run.env = { NEW: "1" };
      const run = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
      expect(run.exitCode).not.toBe(0);
      expect(run.text).toContain("sudo: a password is required");
      expect(await on("worker1", "grep -c NEW /opt/gatehouse/env/frontend.env || true")).toBe("0");
    } finally {
      await on("worker1", "mv /root/gatehouse.sudoers /etc/sudoers.d/gatehouse");
    }
  });

  test("that remedy works, also on a machine that never saw it", async () => {
    await on(
      "worker1",
      "rm /etc/sudoers.d/gatehouse /usr/local/sbin/gatehouse-root; pkill -u deploy; userdel -r deploy",
    );
    const key = execFileSync("cat", ["lab/.state/id_ed25519.pub"], { encoding: "utf8" }).trim();
    const program = execFileSync("cat", ["templates/shell/deploy-user.sh"], { encoding: "utf8" });
    for (const _ of ["once", "and again"]) {
      expect(await ssh("worker1", `bash -s -- deploy '${key}'`, program)).toMatchObject({ exitCode: 0, stderr: "" });
    }
    await deploy(declaration());
    expect((await preflight()).exitCode).toBe(0);
  });

  test("a home folder that others may enter is a problem", async () => {
    await on("worker1", "chmod 755 /home/deploy");
    const { findings } = await preflight();
    await on("worker1", "chmod 700 /home/deploy");
    expect(findings).toContainEqual(
      expect.objectContaining({ node: "worker1", check: "home folder", remedy: "chmod 700 /home/deploy" }),
    );
  });

  test("root may deploy what another began, and the other way round", async () => {
    const mesh = declaration();
    mesh.ssh.user = "root";
    mesh.services!.frontend!.run.env = { BY: "root" };
    await deploy(mesh);
    expect(await on("worker1", "stat -c %U /opt/gatehouse/incoming/lab")).toBe("root");
    await deploy(declaration());
    expect(await on("worker1", "stat -c %U /opt/gatehouse/incoming/lab")).toBe("deploy");
    expect((await get(gatewayUrl)).status).toBe(200);
  });
});
