/** Why ssh to a node failed, by the message that ssh printed. Pure. */
import { layout, type MeshNode } from "../model";
import type { Output } from "../toolchain";

export interface SshFault {
  /** In a word or two: "ssh login". */
  what: string;
  /** The line of ssh that says it. */
  found: string;
  why: string;
  remedy: string;
}

/** The node, or the bastion before it. */
interface Hop {
  what: "node" | "bastion";
  address: string;
  port: number;
  user: string;
  key: string;
  hostKey: string;
  /** The field of the declaration with its host key. */
  hostKeyField: string;
}

interface Pattern {
  says: RegExp;
  /** @param line the one that fits @param said all that ssh printed */
  fault: (hop: Hop, line: string, said: string) => SshFault;
}

/** The first that fits wins: a changed host key, for one, ends in a refused login too. */
const patterns: Pattern[] = [
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known|no matching host key type/i,
    fault: ({ what, hostKey, hostKeyField }, line, said) => ({
      what: "host key",
      found: hostKeyFound(said) ?? line,
      why: `the declaration knows this ${what} by another key (${hostKey.split(/\s+/)[0]}): it was set up again, or something else answers at its address`,
      remedy: `compare with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on its own console, then put that file's text into ${hostKeyField}`,
    }),
  },
  {
    says: /Permission denied|Too many authentication failures|Load key .*: |UNPROTECTED PRIVATE KEY|No such identity/,
    fault: ({ user, key }, line) => ({
      what: "ssh login",
      found: line,
      why: `sshd answers but does not let ${user} in with ${key}`,
      remedy: `put the key's public half into ~${user}/.ssh/authorized_keys there, or name the right user and key under ssh`,
    }),
  },
  {
    says: /Could not resolve hostname/,
    fault: ({ what, address }, line) => ({
      what: "address",
      found: line,
      why: `without its address the ${what} cannot be reached`,
      remedy: `correct ${address} in the declaration, or the name server of this machine`,
    }),
  },
  {
    says: /Connection refused/,
    fault: ({ what, address, port }, line) => ({
      what: "ssh refused",
      found: line,
      why: `the ${what} ${address} is up, and nothing listens on its port ${port}`,
      remedy: "start sshd there, or correct the port under ssh",
    }),
  },
  {
    says: /timed out|No route to host|Network is unreachable|Host is down/,
    fault: ({ what, address }, line) => ({
      what: "unreachable",
      found: line,
      why: `nothing answers at ${address}: the ${what} is down, or the network or a firewall is in between`,
      remedy: "start it, or open the way; if it is gone for good, remove it from every `runsOn` and then from `nodes`",
    }),
  },
  {
    says: /kex_exchange_identification|Connection (closed|reset)|Broken pipe|not responding/,
    fault: (_, line) => ({
      what: "ssh broken off",
      found: line,
      why: "sshd ended the connection before it was of use: too many at once (MaxStartups), or it is stopping",
      remedy: "run it again; see there: journalctl -u ssh",
    }),
  },
];

/** Why a node did not answer what it was asked. */
export function sshFault(node: MeshNode, { exitCode, stderr }: Output): SshFault {
  const words = stderr.trim();
  const lines = words.split(/\r?\n/);
  const known = exitCode === 255 ? knownFault(hopOf(node, words), lines, words) : noRoot(node, lines);
  return (
    known ?? {
      what: "ssh",
      found: lines.at(-1) || `the connection ended with exit code ${exitCode} and no answer`,
      why: "the node did not answer what it was asked, so nothing is known of it",
      remedy: `try by hand: ssh -p ${node.ssh.port} ${node.ssh.user}@${node.address}`,
    }
  );
}

/** Logged in, and then not root. */
function noRoot({ ssh }: MeshNode, lines: string[]): SshFault | undefined {
  const line = lines.find((one) => /\bsudo\b|gatehouse-root/.test(one));
  if (ssh.user === "root" || !line) return undefined;
  return {
    what: "sudo",
    found: line,
    why: `${ssh.user} may not run ${layout.files.rootCommand} as root there, and a deploy changes what belongs to root`,
    remedy: `as root there, once: bash -s -- ${ssh.user} <templates/shell/deploy-user.sh (the rendered user_data does it on a new node)`,
  };
}

function knownFault(hop: Hop, lines: string[], words: string): SshFault | undefined {
  for (const { says, fault } of patterns) {
    const line = lines.find((one) => says.test(one));
    if (!line) continue;
    const found = fault(hop, line, words);
    return hop.what === "bastion" ? { ...found, what: `bastion: ${found.what}` } : found;
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
  return { what: "node", address, port, user, key: key(ssh.privateKeyFile), hostKey, hostKeyField };
}

function hostKeyFound(said: string): string | undefined {
  const [, kind, fingerprint] =
    /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?$/m.exec(said) ?? [];
  return fingerprint && `its ${kind} key is ${fingerprint}`;
}
