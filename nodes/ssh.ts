/** Reaching the nodes of a mesh as Terraform does: the same user, key, bastion and host keys. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layout, type MeshNode } from "../model";
import { type Output, output } from "../toolchain";

/** Seconds until an unanswered connection counts as failed. */
const CONNECT_TIMEOUT = 10;

/** Milliseconds after which a script that hangs is given up. */
const LONGEST = 120_000;

/** The only program that a deploy user other than root may run with sudo: `templates/shell/deploy-user.sh` makes it. */
const AS_ROOT = ["sudo", "-n", layout.files.rootCommand];

/**
 * Runs a shell script as root on a node through its standard input, so that nothing of it is on a command line.
 * @returns what it said; exit code 255 when ssh itself failed or the script took over two minutes, with ssh's reason
 * in `stderr`
 */
export const runOn = (node: MeshNode, script: string): Promise<Output> =>
  ssh(node, node.ssh.user === "root" ? ["bash", "-s"] : AS_ROOT, script);

/** Runs a command as the user who logs in, who may be root, with this on its standard input. */
export const runAsLogin = (node: MeshNode, command: string, input: Buffer): Promise<Output> =>
  ssh(node, ["sh", "-c", `'${command}'`], input);

async function ssh(node: MeshNode, command: string[], input: string | Buffer): Promise<Output> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-ssh-"));
  try {
    return await output("ssh", [...sshArguments(node, folder), ...command], { input }, { timeout: LONGEST });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A configuration file rather than options: the bastion needs the same options. */
function sshArguments({ address, hostKey, ssh }: MeshNode, folder: string): string[] {
  const knownHosts = join(folder, "known_hosts");
  const { bastion } = ssh;
  const lines = [`node ${hostKey}`, ...(bastion ? [`bastion ${bastion.hostKey}`] : [])];
  writeFileSync(knownHosts, `${lines.join("\n")}\n`);
  const common = [
    `UserKnownHostsFile ${knownHosts}`,
    "GlobalKnownHostsFile none",
    "StrictHostKeyChecking yes",
    "BatchMode yes",
    `ConnectTimeout ${CONNECT_TIMEOUT}`,
    // ssh gives up a node that stops answering in the middle after 15 s.
    "ServerAliveInterval 5",
    "LogLevel ERROR",
    // As Terraform's own ssh prefers it. What OpenSSH prefers takes both ends ten times as long, node by node.
    "KexAlgorithms ^curve25519-sha256",
  ];
  const config = [
    ...host("node", address, ssh.port, ssh.user, ssh.privateKeyFile),
    ...(bastion
      ? [
          "ProxyJump bastion",
          ...host("bastion", bastion.host, bastion.port, bastion.user, bastion.privateKeyFile ?? ssh.privateKeyFile),
        ]
      : []),
    "Host *",
    ...common,
  ];
  writeFileSync(join(folder, "config"), `${config.join("\n")}\n`);
  return ["-F", join(folder, "config"), "node"];
}

function host(name: string, address: string, port: number, user: string, keyFile: string | undefined): string[] {
  return [
    `Host ${name}`,
    `HostName ${address}`,
    `HostKeyAlias ${name}`,
    `Port ${port}`,
    `User ${user}`,
    ...(keyFile ? [`IdentityFile "${keyFile}"`, "IdentitiesOnly yes"] : []),
  ];
}
