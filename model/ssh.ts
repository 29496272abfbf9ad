/** How a node is reached over ssh: one way to log in, and key files that exist. */
import { z } from "zod";
import { advice, field, flag, port, text } from "./checking/fields";
import type { Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, type Sound, type View } from "./checking/view";
import { checkFile, type Files } from "./files";
import { addressFault } from "./formats/address";
import { filledTextFault, userFault } from "./formats/text";
import { hostKeySchema, withoutComment } from "./host-key";
import type { MeshDeclaration } from "./mesh";
import type { NodeDeclaration } from "./node";

/** The way to log in: with a key file, or with the keys of an ssh-agent. */
export interface SshDeclaration {
  /**
   * Who logs in: root, or a user who may run `/usr/local/sbin/gatehouse-root` with sudo. `user_data` makes such a user on a
   * new node, `templates/shell/deploy-user.sh` on an existing one.
   * @default "root"
   */
  user?: string;
  /**
   * Path of the private key, from the project's folder; git ignores `ssh-keys/` there. Needed unless `agent` is true.
   */
  privateKeyFile?: string;
  /** Take the keys of the running ssh-agent. @default false */
  agent?: boolean;
  /** @default 22 */
  port?: number;
  /** A host to go through. @default none */
  bastion?: BastionDeclaration;
}

/** A host between Terraform and the nodes. */
export interface BastionDeclaration {
  host: string;
  /** The bastion's public host key: `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** @default the node's ssh user */
  user?: string;
  /** @default 22 */
  port?: number;
  /** @default the node's key */
  privateKeyFile?: string;
}

/** The way to log in to one node. */
export interface NodeSsh {
  user: string;
  port: number;
  agent: boolean;
  /** Absolute path. Undefined with an agent. */
  privateKeyFile?: string;
  bastion?: { host: string; port: number; user: string; hostKey: string; privateKeyFile?: string };
}

const KEY_FILE = "write the path of a private key file, from the project's folder";

const bastionSchema = z.strictObject({
  host: text("write the bastion's IP address or host name", addressFault),
  hostKey: hostKeySchema,
  user: text("write a login name, for example `root`", userFault).optional(),
  port: port("write the bastion's ssh port, or leave it out for 22").optional(),
  privateKeyFile: text(KEY_FILE, filledTextFault).optional(),
});

export const sshSchema = z.strictObject({
  user: text("write a login name, for example `root`", userFault).optional(),
  privateKeyFile: text(KEY_FILE, filledTextFault).optional(),
  agent: flag().optional(),
  port: port("write the ssh port, or leave it out for 22").optional(),
  bastion: field(bastionSchema, "write `{ host, hostKey }`").optional(),
});
advice.add(sshSchema, {
  remedy: 'say how to reach the nodes, for example `ssh: { user: "root", privateKeyFile: "id_ed25519" }`',
});

/**
 * The mesh's `ssh` with what the node says otherwise. Key file and agent are one choice: a node that names the one
 * gives up the mesh's other.
 */
export function effectiveSsh(mesh: Partial<SshDeclaration>, node: Partial<SshDeclaration> = {}): SshDeclaration {
  const merged = { ...mesh, ...node };
  if (node.agent === true && node.privateKeyFile === undefined) delete merged.privateKeyFile;
  if (node.privateKeyFile !== undefined && node.agent === undefined) delete merged.agent;
  return merged;
}

/** Every node has one way to log in, and the key files exist. */
export function checkSsh(view: View, problems: Problems): void {
  const mesh = view.declaration.ssh;
  if (mesh) checkOneSsh(mesh, ["ssh"], view, problems);
  for (const [name, { ssh }] of view.nodes.entries) if (ssh) checkOneSsh(ssh, ["nodes", name, "ssh"], view, problems);
  if (mesh && !view.files.keysElsewhere) checkLogins(mesh, view, problems);
}

function checkOneSsh(ssh: Sound<SshDeclaration>, path: Path, view: View, problems: Problems): void {
  if (ssh.agent === true && ssh.privateKeyFile !== undefined) {
    problems.add([...path, "agent"], ssh.agent, {
      reason: "both an agent and a key file are given, and only one of them can be used",
      remedy: "keep `agent: true` or `privateKeyFile`, not both",
    });
  }
  const keyFile = "write the path of a private key file from the project's folder, or set `agent: true`";
  if (view.files.keysElsewhere) return;
  checkFile(ssh.privateKeyFile, [...path, "privateKeyFile"], keyFile, view, problems);
  checkFile(ssh.bastion?.privateKeyFile, [...path, "bastion", "privateKeyFile"], keyFile, view, problems);
}

/** Every node needs a key file or the agent. A login that all nodes lack is one problem, at the mesh's `ssh`. */
function checkLogins(mesh: Sound<SshDeclaration>, view: View, problems: Problems): void {
  const nodes = view.nodes.entries;
  const noLogin = (ssh: Sound<SshDeclaration>) => {
    const { agent, privateKeyFile } = effectiveSsh(mesh as SshDeclaration, ssh as SshDeclaration);
    const unclear = hasBroken(mesh) || hasBroken(ssh);
    return !unclear && agent !== true && privateKeyFile === undefined;
  };
  const reason = "there is neither a key file nor an agent to log in with";
  const remedy = 'add `privateKeyFile: "<path of the private key>"`, or `agent: true`';
  if (noLogin({}) && nodes.every(([, { ssh }]) => !ssh || noLogin(ssh))) {
    problems.add(["ssh", "privateKeyFile"], undefined, { reason, remedy });
    return;
  }
  for (const [name, node] of nodes) {
    if (isBroken(node, "ssh") || !noLogin(node.ssh ?? {})) continue;
    const path = node.ssh ? ["nodes", name, "ssh", "privateKeyFile"] : ["nodes", name, "ssh"];
    problems.add(path, undefined, { reason: `${reason} on this node`, remedy });
  }
}

/** The mesh's ssh and the node's, with their defaults. */
export function resolveSsh(node: NodeDeclaration, mesh: MeshDeclaration, files: Files): NodeSsh {
  const { user = "root", port = 22, agent = false, privateKeyFile, bastion } = effectiveSsh(mesh.ssh, node.ssh);
  const key = (file: string | undefined) => (file === undefined ? {} : { privateKeyFile: files.absolute(file) });
  if (!bastion) return { user, port, agent, ...key(privateKeyFile) };
  return {
    user,
    port,
    agent,
    ...key(privateKeyFile),
    bastion: {
      host: bastion.host,
      port: bastion.port ?? 22,
      user: bastion.user ?? user,
      hostKey: withoutComment(bastion.hostKey),
      ...key(bastion.privateKeyFile ?? privateKeyFile),
    },
  };
}
