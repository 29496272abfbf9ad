/** The secrets of one mesh as a document: its form, and what is wrong with one. No value is ever part of a message. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "zod";
import { unicodeFault } from "../model";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** Everything secret of one mesh. A mesh whose Consul is not Gatehouse's own (`existing: true`) has only `services`. */
export interface Secrets {
  version: 1;
  /** Key of Consul's gossip: base64 of 32 bytes. */
  gossipKey?: string;
  /** The token that may do everything: a UUID. */
  managementToken?: string;
  /** The authority of the agents' certificates. Without `key` it is the user's own, and so are the servers' certificates. */
  ca?: Authority;
  /** Certificates of the Consul servers, by node name. */
  servers: Record<string, KeyPair>;
  /** Values of secret environment variables, and contents of secret configuration files, by service and name. */
  services: Record<string, Record<string, string>>;
  /** The secrets that a rotation under way replaces, until no node has them any more. */
  previous?: { gossipKey?: string; managementToken?: string };
}

/** While it is rotated, agents believe the authority that comes, or the one that goes, as well. */
export interface Authority {
  cert: string;
  key?: string;
  /** The one that comes. No certificate is of it yet. */
  next?: KeyPair;
  /** Certificate of the one that goes: no agent has a certificate of it any more, when all have heard. */
  previous?: string;
}

/** Secrets that cannot be read or used; the message says where, why and what to do. */
export class SecretsError extends Error {}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REMEDY = "Correct it, or bring back a copy: `npm run secrets` does not write over what it cannot read.";

const certificate = z.string().refine(isCertificate, "no certificate in PEM");
const key = z.string().refine(isKey, "no private key in PEM without a passphrase");
const pair = z.strictObject({ cert: certificate, key }).refine(belongTogether, "the key is not the certificate's");
const authority = z
  .strictObject({
    ...{ cert: certificate, key: key.optional() },
    ...{ next: pair.optional(), previous: certificate.optional() },
  })
  .refine((ca) => ca.key === undefined || belongTogether(ca), "the key is not the certificate's");
const value = z
  .string()
  .min(1, "an empty value is no secret")
  .refine(isText, "a value is text without control characters other than `\\n` line ends and tabs")
  .refine(
    arrives,
    "the value would not reach the service as it is: it has an accent apart from its letter (it is not NFC), a byte order mark or a character that Unicode reserves",
  );

const gossipKey = z.string().refine(isGossipKey, "no base64 of 32 bytes").optional();
const managementToken = z.string().regex(UUID, "no UUID in lower case").optional();

const document = z.strictObject({
  version: z.literal(1, "version has to be 1"),
  gossipKey,
  managementToken,
  ca: authority.optional(),
  servers: z.record(z.string(), pair).default({}),
  services: z.record(z.string(), z.record(z.string(), value)).default({}),
  previous: z.strictObject({ gossipKey, managementToken }).optional(),
});

/**
 * The document in a text. `place` names where the text is from.
 * @throws SecretsError with every fault and its place in the document
 */
export function parseSecrets(text: string, place: string): Secrets {
  const parsed = document.safeParse(json(text, place));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join(".") || "(the whole)"}: ${message}`);
  throw new SecretsError([`${place} does not hold the secrets of a mesh:`, ...faults, REMEDY].join("\n"));
}

/** The document as text, every part in its usual place. */
export function formatSecrets({
  version,
  gossipKey,
  managementToken,
  ca,
  servers,
  services,
  previous,
}: Secrets): string {
  return `${JSON.stringify({ version, gossipKey, managementToken, ca, servers, services, previous }, null, 2)}\n`;
}

/** The part that Terraform reads when it runs: all but the key of the authority, which signs certificates where they are made. */
export function forRuns({ ca, previous, ...rest }: Secrets): Secrets {
  return ca ? { ...rest, ca: { cert: authoritiesOf({ ca })?.join("") ?? ca.cert } } : rest;
}

/** The certificates of the authorities that agents believe, the one first whose certificates they have. */
export function authoritiesOf(secrets: Pick<Secrets, "ca"> | undefined): string[] | undefined {
  const { ca } = secrets ?? {};
  return ca && [ca.cert, ca.next?.cert, ca.previous].filter((pem) => pem !== undefined);
}

/** The message of JSON.parse has a piece of the text in it: only the line is reported. */
function json(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = position ? ` (line ${text.slice(0, Number(position)).split("\n").length})` : "";
    throw new SecretsError(`${place} is not JSON${line}. ${REMEDY}`);
  }
}

function isCertificate(pem: string): boolean {
  return works(() => new X509Certificate(pem));
}

function isKey(pem: string): boolean {
  return works(() => createPrivateKey(pem));
}

function belongTogether(pair: { cert: string; key?: string }): boolean {
  if (!isCertificate(pair.cert) || !pair.key || !isKey(pair.key)) return true; // said elsewhere
  return new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key));
}

function isGossipKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 32 && bytes.toString("base64") === text;
}

function isText(text: string): boolean {
  return !/[^\P{Cc}\n\t]|\p{Cs}/u.test(text);
}

function arrives(text: string): boolean {
  return !isText(text) || unicodeFault(text) === undefined; // the former is said elsewhere
}

function works(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
