/**
 * A mesh's secrets while some of them are replaced in what runs. Each step leaves a document that a deploy may bring to the nodes at
 * any time, and says by itself how far the rotation is: one that was interrupted goes on from there.
 */
import type { Mesh } from "../model";
import { makeAuthority } from "./certificates";
import { complete } from "./complete";
import { type Secrets, SecretsError } from "./document";
import { readSecrets, SECRETS_VARIABLE, type Source, secretsFile, secretsPlace } from "./read";
import { replaceSecrets } from "./write";

/**
 * Writes an edited document in place of the one that is there.
 * @throws SecretsError where there is none, or where it is not a file
 */
export async function changeSecrets(
  mesh: Mesh,
  edit: (secrets: Secrets) => Secrets | Promise<Secrets>,
  from: Source = {},
): Promise<Secrets> {
  const place = secretsPlace(mesh.name, from);
  if (place === SECRETS_VARIABLE) {
    throw new SecretsError(
      `The secrets come from ${place}, which cannot be written: unset it and run this where the file is.`,
    );
  }
  for (;;) {
    const given = readSecrets(mesh.name, from);
    if (!given)
      throw new SecretsError(`${place} is not there: there is nothing to rotate. Bring it back (docs/recovery.md).`);
    const changed = await edit(structuredClone(given));
    if (await replaceSecrets(secretsFile(mesh.name, from.folder), given, changed)) return changed;
  }
}

/**
 * The authority, one step further: the new one is believed next to the old one; then certificates are of the new one, and the
 * old one is still believed; then it no longer is. Every agent has to have heard of a step before the next one.
 */
export async function nextAuthority(mesh: Mesh, secrets: Secrets, now: Date = new Date()): Promise<Secrets> {
  const { ca } = secrets;
  if (!ca?.key) throw new SecretsError(OWN_AUTHORITY);
  const { cert, key, next, previous } = ca;
  if (previous) return { ...secrets, ca: { cert, key } };
  if (!next) return { ...secrets, ca: { ...ca, next: await makeAuthority(mesh.name, now) } };
  const turned = { ...secrets, ca: { ...next, previous: cert } };
  return (await complete(mesh, turned, now)).secrets;
}

const OWN_AUTHORITY =
  "The authority of the agents' certificates is your own (ca has no key), so its successor is, too. By hand, with `npm run rotate -- --certificates` " +
  "after each: put both certificates into ca.cert, the old one first; then the servers' new certificates, with the new one first; then the new one alone.";

/** The gossip key or the management token: the new one, and the one that goes. The same document where that began already. */
export function handOver(secrets: Secrets, part: "gossipKey" | "managementToken", now: string): Secrets {
  const old = secrets[part];
  if (secrets.previous?.[part] !== undefined || old === undefined) return secrets;
  return { ...secrets, [part]: now, previous: { ...secrets.previous, [part]: old } };
}

/** When no node has the earlier one any more. */
export function isHandedOver({ previous, ...secrets }: Secrets, part: "gossipKey" | "managementToken"): Secrets {
  const { [part]: _, ...others } = previous ?? {};
  return Object.keys(others).length > 0 ? { ...secrets, previous: others } : secrets;
}
