/** Host header values of an ingress gateway's listener. */
import { isIPv6 } from "node:net";
import type { Fault } from "../problem";

const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** What Consul or Envoy would refuse in a host, or never match. */
export function gatewayHostFault(host: string): Fault | undefined {
  if (host === "*") return undefined;
  const reason = brokenRule(host);
  return reason === undefined
    ? undefined
    : { reason, remedy: "write a host name alone, `*.example.org` for one with any first label, or `*` for any host" };
}

function brokenRule(host: string): string | undefined {
  if (host === "") return "the host is empty";
  if (/\s/.test(host)) return "the host has white space in it";
  if (host.includes("://")) return "the host has a scheme, which is not part of the Host header";
  if (host.includes("/")) return "the host has a path, which is not part of the Host header";
  if (/:\d*$/.test(host) && !isIPv6(host)) return "the host has a port; Consul adds the listener's port itself";
  const rest = host.startsWith("*.") ? host.slice(2) : host;
  if (rest.includes("*")) return "a wildcard is allowed only as the whole leftmost label";
  if (host.length > 253) return "a host name has at most 253 characters";
  const labels = rest.replace(/\.$/, "").split(".");
  return labels.every((label) => LABEL.test(label)) ? undefined : "this is not a host name";
}
