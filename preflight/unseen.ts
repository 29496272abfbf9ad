/** Why a machine could not be looked at, told apart by what ssh says. Pure. */
import type { MeshNode } from "../model";
import type { Output } from "../toolchain/process";
import type { Finding } from "./finding";

type Cause = Pick<Finding, "check" | "found" | "reason" | "remedy">;

/** The machine, or the bastion before it. */
interface Hop {
  what: "machine" | "bastion";
  address: string;
  port: number;
  user: string;
  key: string;
  hostKey: string;
  /** Where its host key stands in the declaration. */
  hostKeyField: string;
}

interface Pattern {
  says: RegExp;
  /** `line` is the one that fits, `said` all that ssh said. */
  cause: (hop: Hop, line: string, said: string) => Cause;
}

/** The first that fits wins: a changed host key, for one, ends in a refused login too. */
const patterns: Pattern[] = [
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known|no matching host key type/i,
    cause: ({ what, hostKey, hostKeyField }, line, said) => ({
      check: "host key",
      found: hostKeyFound(said) ?? line,
      reason: `the declaration knows this ${what} by another key (${hostKey.split(/\s+/)[0]}): it was made anew, or something else answers at its address`,
      remedy: `compare with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on its own console, then put that file's text into ${hostKeyField}`,
    }),
  },
  {
    says: /Permission denied|Too many authentication failures|Load key .*: |UNPROTECTED PRIVATE KEY|No such identity/,
    cause: ({ user, key }, line) => ({
      check: "ssh login",
      found: line,
      reason: `sshd answers but does not let ${user} in with ${key}`,
      remedy: `put the key's public half into ~${user}/.ssh/authorized_keys there, or name the right user and key under ssh`,
    }),
  },
  {
    says: /Could not resolve hostname/,
    cause: ({ what, address }, line) => ({
      check: "address",
      found: line,
      reason: `without its address the ${what} cannot be reached`,
      remedy: `correct ${address} in the declaration, or the name server of the machine that deploys`,
    }),
  },
  {
    says: /Connection refused/,
    cause: ({ what, address, port }, line) => ({
      check: "ssh refused",
      found: line,
      reason: `the ${what} ${address} is up, and nothing listens on its port ${port}`,
      remedy: "start sshd there, or correct the port under ssh",
    }),
  },
  {
    says: /timed out|No route to host|Network is unreachable|Host is down/,
    cause: ({ what, address }, line) => ({
      check: "unreachable",
      found: line,
      reason: `nothing answers at ${address}: the ${what} is down, or the network or a firewall is in between`,
      remedy: "start it, or open the way; a machine that is gone for good leaves every runsOn and the nodes",
    }),
  },
  {
    says: /kex_exchange_identification|Connection (closed|reset)|Broken pipe|not responding/,
    cause: (_, line) => ({
      check: "ssh broken off",
      found: line,
      reason: "sshd ended the connection before it was of use: too many at once (MaxStartups), or it is stopping",
      remedy: "run it again; see there: journalctl -u ssh",
    }),
  },
];

/** The finding for a machine that did not tell what was asked. */
export function unseen(node: MeshNode, { exitCode, stderr }: Output): Finding {
  const words = stderr.trim();
  const lines = words.split(/\r?\n/);
  const cause = (exitCode === 255 ? known(hopOf(node, words), lines, words) : noRoot(node, lines)) || {
    check: "ssh",
    found: lines.at(-1) || `the connection ended with exit code ${exitCode} and no answer`,
    reason: "the machine did not tell what was asked, so nothing is known of it",
    remedy: `try by hand: ssh -p ${node.ssh.port} ${node.ssh.user}@${node.address}`,
  };
  // A retired machine that was emptied and switched off is no obstacle; one that is still full is told by the deploy.
  return { node: node.name, severity: node.retired ? "warning" : "problem", ...cause };
}

/** Logged in, and then not root. */
function noRoot({ ssh }: MeshNode, lines: string[]): Cause | undefined {
  const line = lines.find((one) => /\bsudo\b|gatehouse-root/.test(one));
  if (ssh.user === "root" || !line) return undefined;
  return {
    check: "sudo",
    found: line,
    reason: `${ssh.user} may not run /usr/local/sbin/gatehouse-root as root there, and a deploy changes what belongs to root`,
    remedy: `as root there, once: bash -s -- ${ssh.user} <templates/shell/deploy-user.sh (the rendered user_data does it on a new machine)`,
  };
}

function known(hop: Hop, lines: string[], words: string): Cause | undefined {
  for (const { says, cause } of patterns) {
    const line = lines.find((one) => says.test(one));
    if (!line) continue;
    const told = cause(hop, line, words);
    return hop.what === "bastion" ? { ...told, check: `bastion: ${told.check}` } : told;
  }
  return undefined;
}

/** ssh names the host that it means: with a bastion in between it may be that one. */
function hopOf({ name, address, hostKey, ssh }: MeshNode, said: string): Hop {
  const { bastion } = ssh;
  const words = said.split(/[\s:,'@]+/);
  const key = (file: string | undefined) => file ?? "the keys of the ssh-agent";
  if (bastion && [bastion.host, "bastion"].some((one) => words.includes(one))) {
    const { host, privateKeyFile = ssh.privateKeyFile, ...rest } = bastion;
    return { what: "bastion", address: host, key: key(privateKeyFile), hostKeyField: "ssh.bastion.hostKey", ...rest };
  }
  const { user, port } = ssh;
  const hostKeyField = `nodes.${name}.hostKey`;
  return { what: "machine", address, port, user, key: key(ssh.privateKeyFile), hostKey, hostKeyField };
}

function hostKeyFound(said: string): string | undefined {
  const [, kind, fingerprint] =
    /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?$/m.exec(said) ?? [];
  return fingerprint && `its ${kind} key is ${fingerprint}`;
}
