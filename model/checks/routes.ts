/** What gateways let in, and where it goes. */
import type { GatewayDeclaration, ListenerDeclaration, ListenerServiceDeclaration } from "../declaration";
import { gatewayHostFault } from "../formats/gateway-host";
import { formatPath, type Path, type Problems } from "../problem";
import { items, type Sound, type View } from "../view";

type Listener = Sound<ListenerDeclaration>;
type Route = Sound<ListenerServiceDeclaration>;

export function checkRoutes(view: View, problems: Problems): void {
  for (const [name, gateway] of view.gateways.entries)
    checkGateway(gateway, ["gateways", name, "listeners"], view, problems);
}

function checkGateway(gateway: Sound<GatewayDeclaration>, path: Path, view: View, problems: Problems): void {
  for (const { index, value: listener } of items(gateway.listeners)) {
    const at = [...path, index, "services"];
    if (listener.services?.length === 0) {
      problems.add(at, listener.services, {
        reason: "the listener leads nowhere, and Consul refuses one without services",
        remedy: "name a service, or remove the listener: `listeners: []` runs a gateway that routes nothing yet",
      });
    }
    if (listener.protocol === "tcp") checkTcp(listener, at, problems);
    checkServices(listener, at, view, problems);
    checkHosts(listener, at, problems);
  }
}

function checkTcp(listener: Listener, path: Path, problems: Problems): void {
  if (listener.services && listener.services.length > 1) {
    problems.add(
      path,
      listener.services.map((route) => route?.name),
      {
        reason: "a tcp listener cannot tell calls apart, so it leads to exactly one service",
        remedy: "give each service a listener and a port of its own",
      },
    );
  }
  for (const {
    index,
    value: { hosts },
  } of items(listener.services)) {
    if (hosts === undefined || hosts.length === 0) continue;
    problems.add([...path, index, "hosts"], hosts, {
      reason: "a tcp listener never sees a Host header, so hosts mean nothing there",
      remedy: "remove `hosts`, or make the listener and the service `http`",
    });
  }
}

function checkServices(listener: Listener, path: Path, view: View, problems: Problems): void {
  const seen = new Map<string, number>();
  for (const { index, value: route } of items(listener.services)) {
    const { name } = route;
    if (name === undefined) continue;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    const fault = first === undefined ? serviceFault(name, listener, view) : twice(name, formatPath([...path, first]));
    if (fault) problems.add([...path, index, "name"], name, fault);
  }
}

function twice(name: string, where: string) {
  return {
    reason: `\`${name}\` stands on this listener already (${where})`,
    remedy: "put all its hosts into one entry",
  };
}

function serviceFault(name: string, { protocol }: Listener, { services, gateways }: View) {
  if (name === "*") {
    if (protocol !== "tcp") return undefined;
    return {
      reason: "`*` needs a Host header to tell services apart, and a tcp listener sees none",
      remedy: "name one service",
    };
  }
  if (gateways.has(name) && !services.has(name)) {
    return { reason: `\`${name}\` is a gateway, and a gateway leads to services`, remedy: "name a service" };
  }
  const unknown = services.unknown(name, "service");
  if (unknown) return unknown;
  const spoken = services.get(name)?.protocol;
  if (spoken === undefined || protocol === undefined || spoken === protocol) return undefined;
  return {
    reason: `the listener's protocol is ${protocol} and \`${name}\` speaks ${spoken} (services.${name}.protocol)`,
    remedy: `make the listener's protocol \`${spoken}\`, or give the service a listener of its own`,
  };
}

/** Hosts are one space per listener: Envoy refuses a listener on which one host stands twice. */
function checkHosts(listener: Listener, path: Path, problems: Problems): void {
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
