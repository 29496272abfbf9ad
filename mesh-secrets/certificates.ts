/** Certificates of Consul's agents: the names in them, and whether one still serves. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

const DAY_MS = 24 * 3600 * 1000;
/** A certificate with less life than this is replaced. */
const RENEW_DAYS = 30;

/** The server that a certificate is for. */
export interface ServerNames {
  node: string;
  datacenter: string;
  /** IP address or host name. */
  address: string;
}

type Maker = typeof import("./make-certificates");

/** The library behind it takes a tenth of a second to load: it is loaded when there is a certificate to make. */
const maker = (): Maker => require("./make-certificates");

export const makeAuthority: Maker["makeAuthority"] = (...given) => maker().makeAuthority(...given);
export const makeServerCertificate: Maker["makeServerCertificate"] = (...given) =>
  maker().makeServerCertificate(...given);

/** Why a server's certificate has to be replaced; undefined while it serves. */
export function unfit(cert: string, authority: string, names: ServerNames, now: Date): string | undefined {
  const certificate = new X509Certificate(cert);
  const issuer = new X509Certificate(authority);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    return "is not of the authority in `ca`";
  const lacking = allNames(names).find((name) =>
    isIP(name) ? !certificate.checkIP(name) : !certificate.checkHost(name, { subject: "never" }),
  );
  if (lacking) return `is not for ${lacking}`;
  const { days, end } = lifeLeft(cert, now);
  return days < RENEW_DAYS ? `ends on ${end}` : undefined;
}

/** Days until a certificate ends, and the day. */
export function lifeLeft(cert: string, now: Date): { days: number; end: string } {
  const end = new Date(new X509Certificate(cert).validTo);
  return { days: (end.getTime() - now.getTime()) / DAY_MS, end: end.toISOString().slice(0, 10) };
}

/** The name that Consul asks for with verify_server_hostname. */
export function serverName(datacenter: string): string {
  return `server.${datacenter}.consul`;
}

export function allNames({ node, datacenter, address }: ServerNames): string[] {
  const own = `${node}.${serverName(datacenter)}`;
  return [serverName(datacenter), own, "localhost", "127.0.0.1", address];
}
