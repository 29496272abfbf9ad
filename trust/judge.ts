/** Compares the host keys that nodes show with the declared ones. Pure. */
import { createHash } from "node:crypto";
import { ASKED_FOR, hostKeyFault, type MeshDeclaration, missingKeyFile, withoutComment } from "../model";

/** A node, or a bastion, whose key a deploy holds against the declared one. */
export interface Host {
  /** The node's name, or `bastion`. */
  name: string;
  address: string;
  port: number;
  /** The field of the declaration with its key. */
  field: string;
  /** As declared: a key, what `hostKeyFrom` says of a missing file, or nothing. */
  hostKey: string;
  /** It is reached through a bastion, so not from here. */
  hidden: boolean;
}

export type Verdict =
  | { state: "known"; host: Host; shown: string }
  /** `declared` is undefined when none was known. */
  | { state: "new" | "changed"; host: Host; shown: string; declared?: string }
  | { state: "silent"; host: Host; why: string };

/** Every host of a declaration whose nodes and ssh are sound. */
export function hostsOf({ ssh: mesh, nodes }: MeshDeclaration): Host[] {
  const hosts = Object.entries(nodes).map(([name, { address, hostKey = "", ssh }]) => {
    const { port = 22, bastion } = { ...mesh, ...ssh };
    return { name, address, port, hostKey, field: `nodes.${name}.hostKey`, hidden: bastion !== undefined };
  });
  const { bastion } = mesh;
  if (!bastion) return hosts;
  const { host: address, port = 22, hostKey = "" } = bastion;
  return [{ name: "bastion", address, port, hostKey, field: "ssh.bastion.hostKey", hidden: false }, ...hosts];
}

/** The keys in what `ssh-keyscan` prints, without the host in front. */
export function keysIn(scan: string): string[] {
  return scan
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" ").slice(1, 3).join(" "))
    .filter((key) => hostKeyFault(key) === undefined);
}

/** `keys` are those that the host shows; `why` it shows none. */
export function judge(
  host: Host,
  keys: string[],
  why = "no ssh server answers there with one; is it up, and the way to it open?",
): Verdict {
  // Terraform is going to be shown this one, whichever is declared.
  const shown = ASKED_FOR.map((type) => keys.find((key) => key.startsWith(`${type} `))).find(Boolean);
  if (shown === undefined) return { state: "silent", host, why };
  if (hostKeyFault(host.hostKey) !== undefined) return { state: "new", host, shown };
  const declared = withoutComment(host.hostKey);
  if (declared === shown) return { state: "known", host, shown };
  // Another type of key, on a node that also has the declared one: nothing was changed, and a person has to confirm it all the same.
  return { state: keys.includes(declared) ? "new" : "changed", host, shown, declared };
}

/** As `ssh-keygen -l` writes it: `SHA256:...`. */
export function fingerprint(key: string): string {
  const blob = Buffer.from(key.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The file that gets the key: the one that the declaration reads. */
export function fileFor(mesh: string, { name, hostKey }: Host): string {
  return missingKeyFile(hostKey) ?? `known-hosts/${mesh}/${name}.pub`;
}

/** "ECDSA", as sshd names its files: ssh_host_ecdsa_key. */
export function kindOf(key: string): string {
  const type = key.split(" ")[0] ?? "";
  return type.startsWith("ecdsa") ? "ecdsa" : type.replace(/^ssh-/, "");
}
