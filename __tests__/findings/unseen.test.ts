import { unseen } from "../../findings";
import { worker } from "../support/parts";

const said = (stderr: string, exitCode = 255) => unseen(worker, { stdout: "", stderr, exitCode });

test.each([
  ["ssh: connect to host 10.77.0.12 port 22: Connection refused", "ssh refused"],
  ["ssh: connect to host 10.77.0.12 port 22: Connection timed out", "unreachable"],
  ["ssh: connect to host 10.77.0.12 port 22: No route to host", "unreachable"],
  ["root@10.77.0.12: Permission denied (publickey).", "ssh login"],
  ["ssh: Could not resolve hostname worker.invalid: Name or service not known", "address"],
  ["kex_exchange_identification: Connection closed by remote host", "ssh broken off"],
  ["something that no one knows", "ssh"],
])("%s", (stderr, what) => {
  expect(said(stderr)).toMatchObject({
    severity: "problem",
    blind: true,
    where: { on: "worker1", what },
    found: stderr,
  });
});

test.each([
  ["sudo: a password is required", 1],
  ["bash: line 1: sudo: command not found", 127],
  ["sudo: /usr/local/sbin/gatehouse-root: command not found", 1],
])("a user without its right to root: %s", (stderr, exitCode) => {
  const node = { ...worker, ssh: { ...worker.ssh, user: "deploy" } };
  expect(unseen(node, { stdout: "", stderr, exitCode })).toMatchObject({
    where: { what: "sudo" },
    found: stderr,
    remedy: expect.stringContaining("bash -s -- deploy <templates/shell/deploy-user.sh"),
  });
  expect(said(stderr, exitCode)).toMatchObject({ where: { what: "ssh" } });
});

test("another host key is told with its fingerprint", () => {
  const stderr = [
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
    "The fingerprint for the ED25519 key sent by the remote host is",
    "SHA256:qnRCV6lsUTlH1QpoLgOUVJzpJx0pzHFQyN3rxzHzVjA.",
    "Host key verification failed.",
  ].join("\n");
  expect(said(stderr)).toMatchObject({
    where: { what: "host key" },
    found: "its ED25519 key is SHA256:qnRCV6lsUTlH1QpoLgOUVJzpJx0pzHFQyN3rxzHzVjA",
    remedy: expect.stringContaining("nodes.worker1.hostKey"),
  });
});

test("a node that answers something else was not looked at", () => {
  expect(said("bash: command not found", 127)).toMatchObject({
    where: { what: "ssh" },
    found: "bash: command not found",
  });
  expect(said("", 0)).toMatchObject({
    where: { what: "ssh" },
    found: "the connection ended with exit code 0 and no answer",
  });
});

test("a retired node that does not answer is a warning", () => {
  const retired = { ...worker, retired: true };
  const output = { stdout: "", stderr: "ssh: connect to host 10.77.0.12 port 22: No route to host", exitCode: 255 };
  expect(unseen(retired, output)).toMatchObject({ severity: "warning", where: { what: "unreachable" } });
});

test("the bastion is told apart from the node behind it", () => {
  const bastion = { host: "192.0.2.1", port: 22, user: "jump", hostKey: "ssh-ed25519 AAAA" };
  const behind = { ...worker, ssh: { ...worker.ssh, bastion } };
  const say = (stderr: string) => unseen(behind, { stdout: "", stderr, exitCode: 255 });
  const tell = (stderr: string) => say(stderr).where.what;
  const closed = "Connection closed by UNKNOWN port 65535";
  expect(tell(`ssh: connect to host 192.0.2.1 port 22: Connection refused\n${closed}`)).toBe("bastion: ssh refused");
  expect(tell(`jump@192.0.2.1: Permission denied (publickey).\n${closed}`)).toBe("bastion: ssh login");
  expect(tell("root@10.77.0.12: Permission denied (publickey).")).toBe("ssh login");
  expect(say(`No ED25519 host key is known for bastion\nHost key verification failed.\n${closed}`)).toMatchObject({
    where: { what: "bastion: host key" },
    remedy: expect.stringContaining("ssh.bastion.hostKey"),
  });
});
