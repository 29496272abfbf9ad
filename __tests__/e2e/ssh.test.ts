import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cdktf, declaration, deploy, describeOnLab, freshLab, gatewayUrl, get, on } from "./support/mesh";

jest.setTimeout(300_000);

describeOnLab("ssh", () => {
  beforeAll(() => freshLab());

  test("a machine whose host key is not the declared one is not touched", async () => {
    const mesh = declaration();
    mesh.nodes.worker2!.hostKey = mesh.nodes.worker1!.hostKey;
    const { exitCode, text } = await cdktf(mesh, "deploy", "cluster", "mesh", "--auto-approve");
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(/agent_worker2[\s\S]*key mismatch/);
    expect(await on("worker2", "ls /opt")).toBe("");
  });

  test("an agent's key, through a bastion, on another port, is as good", async () => {
    await on("worker1", "printf 'Port 22\\nPort 2222\\n' >/etc/ssh/sshd_config.d/ports.conf && systemctl restart ssh");
    const agent = startAgent();
    try {
      const mesh = declaration();
      mesh.ssh = { user: "root", agent: true };
      mesh.nodes.worker1!.ssh = { port: 2222, bastion: { host: "10.77.0.11", hostKey: mesh.nodes.gateway1!.hostKey } };
      await deploy(mesh);
      expect((await get(gatewayUrl)).status).toBe(200);
      expect(
        await on("worker1", "journalctl -u ssh --no-pager | grep 'Accepted publickey' | grep -c 'from 10.77.0.11'"),
      ).not.toBe("0");
    } finally {
      agent.stop();
    }
  });
});

/** An ssh-agent of our own that holds the lab's key. */
function startAgent(): { stop: () => void } {
  const said = execFileSync("ssh-agent", ["-s"], { encoding: "utf8" });
  const value = (name: string) => new RegExp(`${name}=([^;]+)`).exec(said)?.[1] ?? "";
  const before = process.env.SSH_AUTH_SOCK;
  process.env.SSH_AUTH_SOCK = value("SSH_AUTH_SOCK");
  // Jest's process.env is a copy that child processes do not see by themselves.
  execFileSync("ssh-add", ["-q", "-"], { input: readFileSync("lab/.state/id_ed25519"), env: { ...process.env } });
  return {
    stop: () => {
      process.kill(Number(value("SSH_AGENT_PID")));
      if (before === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = before;
    },
  };
}
