/** Why a machine could not be looked at, told apart by what ssh says. Pure. */
import type { MeshNode } from "../../model";
import type { Output } from "../../tools/process";
import type { Finding } from "./finding";

type Cause = Pick<Finding, "check" | "found" | "reason" | "remedy">;

interface Pattern {
  says: RegExp;
  /** `line` is the one that fits, `said` all that ssh said. */
  cause: (node: MeshNode, line: string, said: string) => Cause;
}

const cannot = "a deploy cannot reach this machine either";

/** The first that fits wins: a changed host key, for one, ends in a refused login too. */
const patterns: Pattern[] = [
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known|no matching host key type/i,
    cause: (node, line, said) => ({
      check: "host key",
      found: hostKeyFound(said) ?? line,
      reason: `the declaration knows this machine by another key (${node.hostKey.split(/\s+/)[0]}): it was made anew, or something else answers at its address`,
      remedy: `compare with what \`cat /etc/ssh/ssh_host_*_key.pub\` prints on the machine's own console, then put that into nodes.${node.name}.hostKey`,
    }),
  },
  {
    says: /Permission denied|Too many authentication failures|Load key .*: |UNPROTECTED PRIVATE KEY|No such identity/,
    cause: (node, line) => ({
      check: "ssh login",
      found: line,
      reason: `sshd answers but does not let ${node.ssh.user} in with ${node.ssh.privateKeyFile ?? "the keys of the ssh-agent"}`,
      remedy: `put the key's public half into ~${node.ssh.user}/.ssh/authorized_keys there, or name the right user and key under ssh`,
    }),
  },
  {
    says: /Could not resolve hostname/,
    cause: ({ address }, line) => ({
      check: "address",
      found: line,
      reason: cannot,
      remedy: `correct the address ${address}, or the name server of the machine that deploys`,
    }),
  },
  {
    says: /Connection refused/,
    cause: ({ address, ssh }, line) => ({
      check: "ssh refused",
      found: line,
      reason: `the machine ${address} is up, and nothing listens on its port ${ssh.port}`,
      remedy: "start sshd there, or correct ssh.port",
    }),
  },
  {
    says: /timed out|No route to host|Network is unreachable|Host is down/,
    cause: ({ address }, line) => ({
      check: "unreachable",
      found: line,
      reason: `nothing answers at ${address}; ${cannot}`,
      remedy:
        "start the machine, or mend the network or firewall in between. To leave it out of the mesh: take it out of every runsOn and set retired: true",
    }),
  },
  {
    says: /kex_exchange_identification|Connection (closed|reset)|Broken pipe|not responding/,
    cause: (_, line) => ({
      check: "ssh broken off",
      found: line,
      reason: "sshd ended the connection before it was of use: too many at once (MaxStartups), or it is stopping",
      remedy: "run it again; see: journalctl -u ssh on the machine",
    }),
  },
];

/** The finding for a machine that did not tell what was asked. */
export function unseen(node: MeshNode, { exitCode, stderr }: Output): Finding {
  const words = stderr.trim();
  const lines = words.split(/\r?\n/);
  const cause = (exitCode === 255 && known(node, lines, words)) || {
    check: "ssh",
    found: lines.at(-1) || `the connection ended with exit code ${exitCode} and no answer`,
    reason: "the machine did not tell what was asked, so nothing is known of it",
    remedy: `try by hand: ssh -p ${node.ssh.port} ${node.ssh.user}@${node.address}`,
  };
  // A retired machine that was emptied and switched off is no obstacle; one that is still full is told by the deploy.
  return { node: node.name, severity: node.retired ? "warning" : "problem", ...throughBastion(node, words, cause) };
}

function known(node: MeshNode, lines: string[], words: string): Cause | undefined {
  for (const { says, cause } of patterns) {
    const line = lines.find((one) => says.test(one));
    if (line) return cause(node, line, words);
  }
  return undefined;
}

/** ssh names the host that it meant: with a bastion in between it may be that one. */
function throughBastion({ ssh: { bastion } }: MeshNode, said: string, cause: Cause): Cause {
  const words = said.split(/[\s:,'@]+/);
  if (!bastion || ![bastion.host, "bastion"].some((name) => words.includes(name))) return cause;
  return { ...cause, check: `bastion: ${cause.check}`, reason: `at the bastion ${bastion.host}: ${cause.reason}` };
}

function hostKeyFound(said: string): string | undefined {
  const [, kind, fingerprint] =
    /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?$/m.exec(said) ?? [];
  return fingerprint && `its ${kind} key is ${fingerprint}`;
}
