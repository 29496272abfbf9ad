/** Makes certificates of Consul's agents, as `consul tls` would. */
import "reflect-metadata"; // what the library needs to be loaded
import { createPrivateKey, KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  X509Certificate as Certificate,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { allNames, type ServerNames, serverName } from "./certificates";
import { type KeyPair, SecretsError } from "./document";

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const AUTHORITY_DAYS = 5 * 365;
const SERVER_DAYS = 365;

const cryptography = webcrypto as Crypto;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
/** By OpenSSL's names of curves, or the kind of key. */
const ALGORITHMS: Record<string, { name: string; namedCurve?: string; hash: string }> = {
  prime256v1: { ...CURVE, hash: "SHA-256" },
  secp384r1: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-256" },
  rsa: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};

/** A new authority that signs agents' certificates, for five years. */
export async function makeAuthority(mesh: string, now: Date): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ O: ["Gatehouse"] }, { CN: [`Consul agents of ${mesh}`] }],
      ...lifeOf(AUTHORITY_DAYS, now),
      keys,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, cryptography),
      ],
    },
    cryptography,
  );
  return pairOf(certificate, keys.privateKey);
}

/** A new certificate of a Consul server, for a year and no longer than the authority itself. */
export async function makeServerCertificate(authority: KeyPair, names: ServerNames, now: Date): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const issuer = new Certificate(authority.cert);
  const { notBefore, notAfter } = lifeOf(SERVER_DAYS, now);
  const { signingKey, signingAlgorithm } = await signerOf(authority);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: [{ CN: [serverName(names.datacenter)] }],
      issuer: issuer.subjectName,
      notBefore,
      notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension(allNames(names).map(generalName)),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, cryptography),
        await AuthorityKeyIdentifierExtension.create(issuer, false, cryptography),
      ],
    },
    cryptography,
  );
  return pairOf(certificate, keys.privateKey);
}

function generalName(value: string): JsonGeneralName {
  return { type: isIP(value) ? "ip" : "dns", value };
}

/** From an hour ago, since clocks differ. */
function lifeOf(days: number, now: Date): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - HOUR_MS), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

async function pairOf(certificate: Certificate, key: CryptoKey): Promise<KeyPair> {
  const pkcs8 = KeyObject.from(key as webcrypto.CryptoKey).export({ type: "pkcs8", format: "pem" });
  return { cert: `${certificate.toString("pem").trim()}\n`, key: pkcs8.toString() };
}

/** An authority of the user's own may have another kind of key. */
async function signerOf(authority: KeyPair): Promise<{ signingKey: CryptoKey; signingAlgorithm: EcdsaParams }> {
  const key = createPrivateKey(authority.key);
  const kind = key.asymmetricKeyType === "ec" ? (key.asymmetricKeyDetails?.namedCurve ?? "") : key.asymmetricKeyType;
  const algorithm = ALGORITHMS[kind ?? ""];
  if (!algorithm) {
    throw new SecretsError(
      `ca.key is a key of the kind ${kind}. Gatehouse signs with RSA or EC (P-256, P-384): leave ca.key out and give each server's certificate under \`servers\`.`,
    );
  }
  const der = key.export({ type: "pkcs8", format: "der" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  return { signingKey: signingKey as CryptoKey, signingAlgorithm: { ...algorithm, hash: "SHA-256" } };
}
