/** Host header values that lead from a listener to a service. */
import { isIPv6 } from "node:net";
import { type Fault, formatPath, type Path, type Problems } from "./checking/problem";
import { items, type Sound } from "./checking/view";
import type { Listener, ListenerServiceDeclaration } from "./listener";

const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** The fault of a host that Consul or Envoy would refuse, or never match. */
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

/** Hosts are one space per listener: Envoy refuses a listener that has one host twice. */
export function checkHosts(listener: Listener, path: Path, problems: Problems): void {
  if (listener.protocol === "tcp") return;
  const seen = new Map<string, string>();
  if (listener.tls) checkHostsOfTls(listener, path, problems);
  for (const { index, value: route } of items(listener.services)) {
    if (route.name === "*" && route.hosts?.length) {
      problems.add([...path, index, "hosts"], route.hosts, {
        reason: "hosts cannot be given for `*`: each service answers to its own name there",
        remedy: "remove `hosts`, or name the service they are meant for",
      });
    } else checkRouteHosts(route, [...path, index, "hosts"], seen, problems);
  }
}

function checkHostsOfTls(listener: Listener, path: Path, problems: Problems): void {
  for (const { index, value: route } of items(listener.services)) {
    for (const { index: at, value: host } of items(route.hosts)) {
      if (host !== "*") continue;
      problems.add([...path, index, "hosts", at], host, {
        reason: "the listener has `tls`, and no certificate is good for every name",
        remedy: "name the hosts, or leave `hosts` out for `<service>.ingress.*`",
      });
    }
  }
}

type Route = Sound<ListenerServiceDeclaration>;

function checkRouteHosts({ hosts }: Route, path: Path, seen: Map<string, string>, problems: Problems): void {
  for (const { index, value: host } of items(hosts)) {
    const at = [...path, index];
    const key = host.toLowerCase().replace(/\.$/, "");
    const first = seen.get(key);
    const fault = first === undefined ? gatewayHostFault(host) : hostTwice(host, first);
    if (first === undefined) seen.set(key, formatPath(at));
    if (fault) problems.add(at, host, fault);
  }
}

function hostTwice(host: string, where: string) {
  const reason = `the host \`${host}\` stands on this port already (${where}), so a call could go to either`;
  return { reason, remedy: "give each service its own hosts, or a listener on another port" };
}
