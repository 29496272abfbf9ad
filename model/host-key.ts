/** Public ssh host keys, as `ssh-keyscan` and `/etc/ssh/ssh_host_*_key.pub` show them. */
import { readFileSync } from "node:fs";
import { advice, text } from "./checking/fields";
import type { Fault } from "./checking/problem";

/**
 * A node's public host key out of a `.pub` file, for a node's `hostKey`.
 * @param file path from the project's folder; `npx gatehouse trust` writes it where it is missing
 * @returns the text that `ssh-keygen` wrote into the file; without such a file a text that names it: the mesh can be read, and
 * a deploy is refused
 */
export function hostKeyFrom(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return `no file ${file} yet`;
  }
}

/** The file that `hostKeyFrom` did not find. Undefined when this is another text. */
export function missingKeyFile(hostKey: string): string | undefined {
  return /^no file (.+) yet$/s.exec(hostKey)?.[1];
}

const TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** Stands for a host key that is not known yet. No ssh client takes it for a key, so nothing connects. */
export const UNKNOWN_HOST_KEY = "unknown -";

/** The remedy for a wrong host key. */
const HOST_KEY =
  "write the node's public key as `cat /etc/ssh/ssh_host_ed25519_key.pub` prints it there: `ssh-ed25519 AAAA...`";

/** The order in which Terraform (1.11) asks for a host key: its ssh library's, whatever key was declared. */
export const ASKED_FOR: readonly string[] = [
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "ssh-ed25519",
];

/** The fault of a host key, or undefined. */
export function hostKeyFault(key: string): Fault | undefined {
  const file = missingKeyFile(key);
  if (file !== undefined) {
    return {
      reason: `the host key is to be read from ${file}, and there is no such file`,
      remedy:
        "`npx gatehouse trust` asks the node for its key, lets you confirm it and writes that file; for the lab's nodes `npx gatehouse lab up` does",
      onlyForDeploy: true,
    };
  }
  if (key.includes("PRIVATE KEY")) {
    return {
      reason: "this is a PRIVATE key. It must never be in a declaration: whoever reads it can pose as the node",
      remedy: `replace that key on the node, since it has been copied, and ${HOST_KEY}`,
    };
  }
  const reason = brokenRule(key);
  return reason === undefined ? undefined : { reason, remedy: HOST_KEY };
}

function brokenRule(key: string): string | undefined {
  if (key.trim() === "") return "the host key is empty, so the node could not be told from an impostor";
  if (/[\r\n]/.test(key.trim())) return "this is more than one line";
  const [type = "", base64 = ""] = key.trim().split(/[ \t]+/);
  if (!TYPES.includes(type)) {
    return /^(\S+\s+)(ssh-|ecdsa-|sk-)/.test(key.trim())
      ? "the key begins with a host name; only type and key belong here"
      : `\`${type.slice(0, 40)}\` is not a type of ssh host key (${TYPES.slice(0, 5).join(", ")})`;
  }
  if (base64 === "") return "the key itself is missing after its type";
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) return "the key is not complete base64";
  const fields = fieldsOf(Buffer.from(base64, "base64"));
  if (!fields || fields.length < 2) return "the key is cut off or garbled: its inner lengths do not add up";
  const inner = fields[0]!.toString("latin1");
  if (inner !== type) return `the key says \`${type}\` and holds a \`${inner.slice(0, 40)}\` key`;
  if (type === "ssh-ed25519" && fields[1]!.length !== 32) return "an ed25519 key has 32 bytes, and this one has not";
  return undefined;
}

/** Fields of the key's binary form: each is a four-byte length and as many bytes. Undefined when they do not add up. */
function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** The field of a host key. */
export const hostKeySchema = text(HOST_KEY, hostKeyFault);
advice.add(hostKeySchema, {
  remedy: HOST_KEY,
  ifMissing: {
    reason: "`hostKey` is missing",
    remedy: `\`npx gatehouse trust\` asks the node for its key, lets you confirm it and says what to write here; or ${HOST_KEY}`,
    onlyForDeploy: true,
  },
});

/** Type and key, without the comment that may follow. */
export function withoutComment(key: string | undefined): string {
  if (key === undefined || missingKeyFile(key) !== undefined) return UNKNOWN_HOST_KEY;
  return key
    .trim()
    .split(/[ \t]+/)
    .slice(0, 2)
    .join(" ");
}
