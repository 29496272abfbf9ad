/** A mesh in words, as Markdown: which service calls which, which ports are open, in which order things start. Pure. */
import type { Mesh, Problem } from "../model";
import { routesOf, secretFilesOnNodes } from "../templates";
import { type Call, declaredCalls } from "./calls";
import { listenersOf } from "./listeners";
import { startOrder } from "./start-order";
import { ticks } from "./ticks";

/** @param missing for a deploy */
export function meshInWords(mesh: Mesh, missing: readonly Problem[]): string {
  const sections = [
    [`# The mesh ${ticks(mesh.name)}`, "", summary(mesh)],
    ...(missing.length > 0 ? [whatIsMissing(missing)] : []),
    nodes(mesh),
    calls(mesh),
    denied(mesh),
    ports(mesh),
    ["## In which order a deploy does things", "", ...startOrder(mesh).flatMap(numbered)],
    secretFiles(mesh),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function summary({ nodes: all, services, gateways, consul }: Mesh): string {
  const counted = [
    count(all.length, "node"),
    count(services.length, "service"),
    count(gateways.length, "gateway"),
  ].join(", ");
  const where = consul.existing ? "in a Consul that is there already" : "with a Consul of its own";
  return (
    `${counted}, ${where} (datacenter ${ticks(consul.datacenter)}). Next to this page are the files that a deploy puts on each node, ` +
    "at their paths, and the config entries in the order in which they are written. The last synth wrote this; a deploy does not."
  );
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

function whatIsMissing(missing: readonly Problem[]): string[] {
  const lines = missing.map(({ path, reason, remedy }) => `- ${ticks(path)}: ${reason}. To do: ${remedy}`);
  return ["## Missing for a deploy", "", ...lines];
}

function nodes({ nodes: all, instances, consul }: Mesh): string[] {
  const runs = new Map<string, string[]>();
  for (const { name, node } of instances) runs.set(node.name, [...(runs.get(node.name) ?? []), ticks(name)]);
  const agentOf = (role: string) => (consul.existing ? [] : [role === "server" ? "Consul's server" : "Consul's agent"]);
  const rows = all.map(({ name, role, address, retired }) =>
    row(
      name,
      role,
      address,
      retired ? "nothing: it is retired" : [...agentOf(role), ...(runs.get(name) ?? [])].join(", "),
    ),
  );
  return ["## Nodes", "", ...table(["node", "role", "address", "runs"], rows)];
}

function calls(mesh: Mesh): string[] {
  const outside = mesh.gateways.flatMap((gateway) =>
    routesOf(mesh, gateway).map(({ port, host, service }) => {
      const by =
        host === "-" ? "" : host.startsWith("127.0.0.1:") ? ", for every host" : `, for the host ${ticks(host)}`;
      return `clients of ${ticks(gateway.name)} on ${gateway.runsOn.join(", ")}, port ${port}${by} → ${ticks(service)}`;
    }),
  );
  const localPorts = localPortsOf(mesh);
  const inside = declaredCalls(mesh)
    .filter(({ action, permissions }) => action === "allow" || permissions)
    .map((call) => `${said(call.caller)} → ${said(call.called)}${how(call, localPorts)}`);
  const toOthers = mesh.callsToOthers.map(
    ({ source, destination }) =>
      `${ticks(source)} → ${ticks(destination)}${how({ caller: source, called: destination }, localPorts)}, which others run: they have to allow it`,
  );
  const lines = [...outside, ...inside, ...toOthers].map((line) => `- ${line}`);
  return ["## Which service calls which", "", ...(lines.length > 0 ? lines : ["None calls another."])];
}

/** Where the caller finds what it calls, and which requests it may send. */
function how({ caller, called, permissions }: Omit<Call, "action">, localPorts: ReadonlyMap<string, number>): string {
  const port = localPorts.get(`${caller} ${called}`);
  const at = port === undefined ? "" : `, at its own 127.0.0.1:${port}`;
  return `${at}${permissions ? `, by request: ${permissions.join("; ")}; nothing else` : ""}`;
}

const localPortsOf = ({ services }: Mesh): Map<string, number> =>
  new Map(
    services.flatMap(({ name, upstreams }) =>
      upstreams.map((upstream): [string, number] => [`${name} ${upstream.name}`, upstream.localPort]),
    ),
  );

const said = (name: string): string => (name === "*" ? "everyone" : ticks(name));

/** More callers than this are not named. */
const MOST_NAMES = 8;

function denied(mesh: Mesh): string[] {
  const all = declaredCalls(mesh);
  const closed = all.some(({ caller, called, action }) => `${caller} ${called} ${action}` === "* * deny");
  const other = closed
    ? "Every other call is denied, by `service-intentions/*`."
    : "What happens to other calls is for that Consul to decide: this mesh does not own its deny-all.";
  const byCalled = new Map<string, Call[]>(
    mesh.services.filter(({ port }) => port !== undefined).map(({ name }) => [name, []]),
  );
  for (const call of all) byCalled.get(call.called)?.push(call);
  const callers = [...mesh.services, ...mesh.gateways].map(({ name }) => name);
  const lines = [...byCalled].flatMap(([called, written]) => {
    const allowed = new Set(written.filter(({ action }) => action === "allow").map(({ caller }) => caller));
    const refused = closed ? callers : written.filter(({ action }) => action === "deny").map(({ caller }) => caller);
    const names = allowed.has("*") ? [] : refused.filter((name) => name !== called && !allowed.has(name));
    return names.length === 0 ? [] : [`- ${ticks(called)} may not be called by ${shortened(names)}.`];
  });
  return ["## Who is denied", "", other, ...(lines.length > 0 ? ["", ...lines] : [])];
}

function shortened(names: string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return names.slice(0, MOST_NAMES).map(said).join(", ") + more;
}

function ports(mesh: Mesh): string[] {
  const rows = listenersOf(mesh).map(({ node, address, port, protocol, owner }) =>
    row(node, address, String(port), protocol, owner),
  );
  return ["## What listens where", "", ...table(["node", "address", "port", "speaks", "whose"], rows)];
}

function numbered({ text, parts = [] }: { text: string; parts?: string[] }, index: number): string[] {
  return [`${index + 1}. ${text}`, ...parts.map((part) => `   - ${part}`)];
}

function secretFiles(mesh: Mesh): string[] {
  const rows = [...secretFilesOnNodes(mesh)]
    .filter(([, paths]) => paths.length > 0)
    .map(([{ name }, paths]) => row(name, paths.map(ticks).join(", ")));
  const lines = rows.length > 0 ? table(["node", "files"], rows) : ["None."];
  return ["## Files with secrets, which are not here", "", ...lines];
}

const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: string[], rows: string[]): string[] => [row(...head), `|${"---|".repeat(head.length)}`, ...rows];
