/** Attacks on and between machines that must fail. */
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ssh, start } from "../../../lab";
import { output } from "../../../toolchain";
import { doctor, doctorVerdict } from "../support/doctor";
import {
  cdktf,
  declaration,
  deploy,
  describeOnLab,
  freshLab,
  gatewayUrl,
  get,
  getUntil,
  meshFile,
  on,
  plan,
} from "../support/mesh";

jest.setTimeout(300_000);

/** Says whether a TCP connection from a machine is answered; `closed` when no process listens there. */
async function connect(from: string, address: string, port: number): Promise<"open" | "closed"> {
  const { exitCode } = await ssh(from, `timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`);
  return exitCode === 0 ? "open" : "closed";
}

const ourselves = (...args: string[]) =>
  output(process.execPath, ["bin/gatehouse.js", ...args], {}, { env: { ...process.env, GATEHOUSE_MESH: meshFile } });

describeOnLab("a service's port", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(declaration());
  });

  test.each([
    ["the service backend", "10.77.0.13", 9002],
    ["its sidecar's admin page", "10.77.0.13", "its admin port"],
    ["the service frontend", "10.77.0.12", 9001],
    ["the frontend's way to the backend", "10.77.0.12", 5000],
    ["the agent's HTTP API", "10.77.0.13", 8500],
    ["the agent's xDS", "10.77.0.13", 8503],
  ])("%s answers no caller on another machine", async (_what, address, which) => {
    const itself = address === "10.77.0.13" ? "worker2" : "worker1";
    const release = "/opt/gatehouse/instances/backend/current/instance.json";
    const port = typeof which === "number" ? which : JSON.parse(await on(itself, `cat ${release}`)).adminPort;
    expect(await connect(itself, "127.0.0.1", port)).toBe("open"); // so this can tell
    for (const from of ["gateway1", "server1", itself === "worker1" ? "worker2" : "worker1"]) {
      expect(await connect(from, address, port)).toBe("closed");
    }
  });

  test("that is open to other machines is told by the deploy, the doctor and the preflight", async () => {
    const mesh = declaration();
    const { run } = mesh.services!.backend!;
    run.args = run.args!.map((arg) => arg.replace("127.0.0.1:9002", "0.0.0.0:9002"));
    const { text } = await deploy(mesh);
    expect(text).toMatch(/warning: backend\.service also listens on (0\.0\.0\.0|\[::\]):9002 for other nodes/);
    expect(await connect("worker1", "10.77.0.13", 9002)).toBe("open");
    const { exitCode, findings } = await doctor(mesh);
    expect(exitCode).toBe(1);
    expect(findings.map(({ where, found }) => `${where}: ${found}`)).toEqual([
      expect.stringMatching(/^worker2: backend\.service: listens on (0\.0\.0\.0|\[::\]):9002$/),
    ]);
    const preflight = await ourselves("preflight", "--json");
    expect(JSON.parse(preflight.stdout).findings).toContainEqual(
      expect.objectContaining({ node: "worker2", check: "backend.service", severity: "warning" }),
    );
    await deploy(declaration());
    expect(await connect("worker1", "10.77.0.13", 9002)).toBe("closed");
    expect(await doctorVerdict(declaration())).toEqual([]);
  });
});

describeOnLab("a machine that is not the one it was", () => {
  const impostor = "rm /etc/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key";
  const trust = (...args: string[]) => ourselves("trust", ...args);
  let print = "";

  beforeAll(async () => {
    await deploy(declaration());
    print =
      (await on("worker2", `${impostor} && ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`)).split(" ")[1] ?? "";
    await ssh("worker2", "systemctl restart ssh");
  });

  // Puts the key back with which the lab made the machine.
  afterAll(() => start("worker2"));

  test("is not spoken to: nothing is changed there, nor said", async () => {
    const mesh = declaration();
    mesh.services!.backend!.run.env = { SECRET: "for the real worker2 alone" };
    const { exitCode, text } = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(/instance_backend_worker2[\s\S]*key mismatch/);
    expect((await get(gatewayUrl)).status).toBe(200);
  });

  test("is named by the preflight", async () => {
    const { stdout, exitCode } = await ourselves("preflight", "--json");
    expect(exitCode).not.toBe(0);
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ node: "worker2", check: "host key", severity: "problem" }),
    );
  });

  test("is CHANGED for `trust`, which believes it only when told in so many words", async () => {
    const asked = await trust();
    expect(asked.exitCode).toBe(1);
    expect(asked.stdout).toMatch(/^worker2: CHANGED/m);
    expect(asked.stdout).toContain(`shown     ssh-ed25519 ${print}`);
    expect(asked.stdout).toMatch(/^worker1: known {2}SHA256:/m);
    expect((await trust(`worker2=${print}`)).exitCode).toBe(1);
    expect((await trust("--changed", `worker2=SHA256:${"A".repeat(43)}`)).exitCode).toBe(1);
    const file = "known-hosts/lab/worker2.pub";
    try {
      const told = await trust("--changed", `worker2=${print}`);
      expect({ exitCode: told.exitCode, known: readFileSync(file, "utf8") }).toEqual({
        exitCode: 0,
        known: expect.stringMatching(/^ssh-ed25519 \S+ worker2\n$/),
      });
    } finally {
      rmSync("known-hosts/lab", { recursive: true, force: true });
    }
  });

  test("is asked about on a terminal, and `y` is not enough", async () => {
    const onTerminal = (answer: string) =>
      output(
        "script",
        ["-qefc", `${process.execPath} bin/gatehouse.js trust`, "/dev/null"],
        { input: answer },
        {
          env: { ...process.env, GATEHOUSE_MESH: meshFile },
        },
      );
    try {
      expect(await onTerminal("y\n")).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("not believed") });
      expect(await onTerminal("worker2\n")).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("believed, and"),
      });
    } finally {
      rmSync("known-hosts/lab", { recursive: true, force: true });
    }
  });
});

describeOnLab("a tampered binary", () => {
  const binary = "lab/.state/e2e/server";
  const withBinary = (sha256?: string) => {
    const mesh = declaration();
    mesh.services!.backend!.run.binary = binary;
    if (sha256) mesh.services!.backend!.run.sha256 = sha256;
    return mesh;
  };
  const sum = async () => (await output("sha256sum", [binary])).stdout.split(" ")[0]!;
  const fresh = () => {
    rmSync(binary, { force: true });
    copyFileSync("lab/bin/fortio", binary);
    writeFileSync(binary, "\0", { flag: "a" }); // another file than the frontend's
    chmodSync(binary, 0o755);
  };

  beforeAll(() => deploy(declaration()));
  beforeEach(fresh);

  test("is refused by synth when its sum is declared", async () => {
    const mesh = withBinary(await sum());
    expect(await plan(mesh)).toContain("null_resource.instance_backend_worker2 replaced");
    writeFileSync(binary, "tampered", { flag: "a" });
    const { exitCode, text } = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(/services\.backend\.run\.sha256[\s\S]*is another file: its SHA-256 is/);
  });

  test("is refused by the machine when it was changed after synth", async () => {
    const mesh = withBinary();
    expect((await cdktf(mesh, "synth")).exitCode).toBe(0);
    writeFileSync(binary, "tampered", { flag: "a" });
    const run = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve", "--skip-synth");
    expect(run.exitCode).not.toBe(0);
    expect(run.text).toContain("did not arrive whole");
    expect(await on("worker2", `ls /opt/gatehouse/binaries/${await sum()} 2>&1 || true`)).toContain("No such file");
    expect((await get(gatewayUrl)).status).toBe(200);
  });
});

describeOnLab("another user of a machine", () => {
  // Whatever lies where a program may be staged is written over and linked to elsewhere, as fast as the machine can.
  const mallory = `cd /tmp
while :; do
  for file in /tmp/*gatehouse* /tmp/*gatehouse*/* /tmp/terraform_*.sh /home/deploy/.gatehouse* /root/.gatehouse* /run/*gatehouse* /opt/gatehouse/incoming*/* /opt/gatehouse/incoming*/*/*; do
    printf '#!/bin/sh\\nid >/etc/pwned\\n' >"$file"
    ln -sfn /etc/pwned "$file"
  done
  for name in agent backend binaries machine prepare sweep; do
    ln -sfn /etc/pwned /run/lock/gatehouse-$name.lock
    ln -sfn /etc/pwned /tmp/gatehouse-$name
  done
done 2>/dev/null`;

  beforeAll(async () => {
    await deploy(declaration());
    await on("worker2", "useradd mallory 2>/dev/null || true");
    expect((await ssh("worker2", "cat >/usr/local/bin/mallory.sh", mallory)).exitCode).toBe(0);
    await on("worker2", "systemd-run --quiet --unit mallory --uid mallory bash /usr/local/bin/mallory.sh");
  });

  afterAll(() =>
    on(
      "worker2",
      "systemctl stop mallory; userdel mallory; rm -f /usr/local/bin/mallory.sh /run/lock/gatehouse-* /tmp/gatehouse-*",
    ),
  );

  test("who plants files and links wherever a deploy might stage something changes nothing", async () => {
    for (const round of ["1", "2", "3"]) {
      const mesh = declaration();
      mesh.services!.backend!.run.env = { ROUND: round };
      await deploy(mesh);
    }
    expect(await on("worker2", "systemctl is-active mallory")).toBe("active");
    expect(await on("worker2", "ls /etc/pwned 2>&1 || true")).toContain("No such file");
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
  });

  test("cannot read what a deploy brings, nor hold it up", async () => {
    const as = (command: string) => ssh("worker2", `runuser -u mallory -- sh -c '${command}'`);
    for (const path of [
      "/opt/gatehouse/env",
      "/opt/gatehouse/incoming/lab",
      "/opt/gatehouse/secrets",
      "/run/gatehouse",
      "/home/deploy",
    ]) {
      expect((await as(`ls ${path}`)).stderr).toContain("Permission denied");
    }
    for (const pid of [
      await on("worker2", "systemctl show -P MainPID backend"),
      await on("worker2", "systemctl show -P MainPID backend-sidecar-proxy"),
    ]) {
      expect((await as(`cat /proc/${pid}/environ`)).stderr).toContain("Permission denied");
    }
  });

  test("with a link where the binary is uploaded has it written nowhere", async () => {
    const mesh = declaration();
    mesh.services!.backend!.run.binary = "lab/.state/e2e/linked";
    copyFileSync("lab/bin/fortio", "lab/.state/e2e/linked");
    writeFileSync("lab/.state/e2e/linked", "\0linked", { flag: "a" });
    const sha256 = (await output("sha256sum", ["lab/.state/e2e/linked"])).stdout.split(" ")[0];
    // As the user who deploys, since no other user can reach that folder.
    const incoming = `/opt/gatehouse/incoming/lab/${sha256}`;
    await on("worker2", `runuser -u deploy -- ln -s /etc/planted ${incoming}`);
    const { exitCode } = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(await on("worker2", "ls /etc/planted 2>&1 || true")).toContain("No such file");
    await on("worker2", `rm -f ${incoming}`);
    await deploy(mesh);
    expect((await getUntil(200, gatewayUrl)).status).toBe(200);
  });
});
