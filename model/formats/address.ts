/** Addresses: of nodes, of a bastion, of Consul's API. */
import { isIPv4, isIPv6 } from "node:net";
import type { Fault } from "../checking/problem";
import { portFault } from "./port";

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

const REMEDY = "write an IP address or a host name alone, for example `10.0.0.12` or `worker1.example.org`";

/** A node's address: IPv4, IPv6 or a host name, without scheme, user or port. */
export function addressFault(address: string): Fault | undefined {
  if (isIPv4(address)) return fault(unusableV4(address));
  if (isIPv6(address)) return fault(unusableV6(address));
  return fault(brokenHostName(address));
}

/** `host:port` or `[IPv6]:port`. */
export function hostPortFault(address: string): Fault | undefined {
  const remedy = "write `host:port`, for example `10.0.0.10:8501` or `[fd00::10]:8501`";
  if (address.includes("://")) return { reason: "this has a scheme, and only `host:port` belongs here", remedy };
  if (isIPv6(address)) return { reason: "an IPv6 address needs brackets before its port", remedy };
  const [, six, name, port] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(address) ?? [];
  if (port === undefined) return { reason: "this is not `host:port`", remedy };
  if (!/^\d{1,5}$/.test(port)) return { reason: `the port ${JSON.stringify(port)} is not a number`, remedy };
  const host = six ?? name ?? "";
  if (six !== undefined && !isIPv6(six)) return { reason: `there is no IPv6 address between the brackets`, remedy };
  const wrong = portFault(Number(port)) ?? addressFault(host);
  return wrong && { reason: wrong.reason, remedy };
}

/** One spelling for one address, so that `fd00::1` and `fd00:0:0::1`, or two cases of a host name, are seen as one. */
export function canonicalAddress(address: string): string {
  if (isIPv6(address) && !address.includes("%")) return new URL(`http://[${address}]`).hostname;
  return address.toLowerCase().replace(/\.$/, "");
}

function fault(reason: string | undefined): Fault | undefined {
  return reason === undefined ? undefined : { reason, remedy: REMEDY };
}

function unusableV4(address: string): string | undefined {
  const first = Number(address.split(".")[0]);
  if (first === 0) return '0.0.0.0/8 is no machine\'s address: it means "every address"';
  if (first >= 224 && first <= 239) return "this is a multicast address, not a machine's";
  if (first >= 240) return "this is a reserved or broadcast address, not a machine's";
  return undefined;
}

function unusableV6(address: string): string | undefined {
  if (address.includes("%")) return "an IPv6 address with a zone is valid on one machine only";
  const canonical = canonicalAddress(address);
  if (canonical === "[::]") return ':: is no machine\'s address: it means "every address"';
  if (canonical.startsWith("[ff")) return "this is a multicast address, not a machine's";
  return undefined;
}

function brokenHostName(name: string): string | undefined {
  if (name === "") return "the address is empty";
  if (name.includes("://")) return "the address has a scheme, and only the host belongs here";
  if (/\s/.test(name)) return "the address has white space in it";
  if (name.includes("@")) return "the address has a user in it; the user is set in `ssh`";
  if (/^[^:]*:\d+$|^\[.*\]/.test(name))
    return "the address has a port or brackets in it, and only the host belongs here";
  if (/^\d+(\.\d+)*$/.test(name)) return "this looks like an IPv4 address and is none";
  if (/^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(name)) return "this looks like an IPv6 address and is none";
  const labels = name.replace(/\.$/, "").split(".");
  if (name.length > 253) return "a host name has at most 253 characters";
  return labels.every((label) => LABEL.test(label)) ? undefined : "this is neither an IP address nor a host name";
}
