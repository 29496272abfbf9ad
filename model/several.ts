/** Several instances of a service on one node: their ports count up, and placeholders bring them into the program's texts. */
import type { Fault, Path, Problems } from "./checking/problem";
import { hasBroken, isBroken, items, type Sound, type View } from "./checking/view";
import { filledIn, placeholdersIn, upstreamPlaceholder } from "./placeholder";
import { type PlacementDeclaration, placedOn } from "./placement";
import { isOthers } from "./process";
import type { RunDeclaration } from "./run";
import type { Service, ServiceDeclaration } from "./service";

/** More than one instance by node, in the checked mesh; absent where each node has one. */
export interface Several {
  instancesOn?: Record<string, number>;
}

export function resolveSeveral(runsOn: readonly (string | PlacementDeclaration)[]): Several {
  const several = runsOn.flatMap((one): [string, number][] =>
    typeof one === "string" || (one.instances ?? 1) === 1 ? [] : [[one.node, one.instances!]],
  );
  return several.length > 0 ? { instancesOn: Object.fromEntries(several) } : {};
}

/** A service or a gateway, as far as it is placed. */
type Placed = Several & { runsOn: readonly string[] };

/** Instances of a service or gateway on a node where it runs. */
export const instancesOn = ({ instancesOn = {} }: Placed, node: string): number => instancesOn[node] ?? 1;

/** All instances of a service or gateway. */
export const instanceCount = (placed: Placed): number =>
  placed.runsOn.reduce((sum, node) => sum + instancesOn(placed, node), 0);

/** A service as its first, second, … instance on a node runs it: with ports of its own, and these in place of placeholders. */
export function asInstance(service: Service, number: number): Service {
  const further = number - 1;
  const { health } = service;
  const own: Service = {
    ...service,
    ...(service.port !== undefined && { port: service.port + further }),
    upstreams: service.upstreams.map(({ name, localPort }) => ({ name, localPort: localPort + further })),
    health: health.port === undefined ? health : { ...health, port: health.port + further },
  };
  const fill = (text: string) => filledIn(text, own);
  return {
    ...own,
    args: own.args.map(fill),
    env: Object.fromEntries(Object.entries(own.env).map(([name, value]) => [name, fill(value)])),
    ...(own.command && { command: own.command.map(fill) }),
    ...(own.before && { before: own.before.map((command) => command.map(fill)) }),
    health: own.health.script ? { ...own.health, script: own.health.script.map(fill) } : own.health,
  };
}

/** Placeholders name declared upstreams, and bring each of several instances its ports. */
export function checkSeveral(view: View, problems: Problems): void {
  for (const [name, service] of view.services.entries) {
    const path = ["services", name];
    checkNames(service, path, problems);
    const first = items(service.runsOn).find(({ value }) => typeof value !== "string" && (value.instances ?? 1) > 1);
    if (first) checkTold(service, [...path, "runsOn", first.index, "instances"], first.value, problems);
    const named = service.run?.sameProcessAs;
    if (named !== undefined) checkOneProcess(named, [...path, "run", "sameProcessAs"], view, problems);
  }
}

/** Where a process runs several times, none of them is the one whose second port a service is. */
function checkOneProcess(named: string, path: Path, { services }: View, problems: Problems): void {
  const several = placedOn(services.get(named)?.runsOn).find(({ instances }) => instances > 1);
  if (!several) return;
  problems.add(path, named, {
    reason: `\`${named}\` has ${several.instances} instances on \`${several.node}\`, each a process of its own`,
    remedy: `give \`${named}\` one instance a node, or have this service run a program of its own`,
  });
}

function checkNames(service: Sound<ServiceDeclaration>, path: Path, problems: Problems): void {
  if (isBroken(service, "upstreams")) return;
  const before = items(service.run?.before).flatMap(({ value }) => value.filter((text) => text !== undefined));
  for (const { written, upstream } of placeholdersIn([...textsOf(service), ...before])) {
    const there = upstream === undefined ? hasPort(service) : Object.hasOwn(service.upstreams ?? {}, upstream);
    if (there) continue;
    const reason =
      upstream === undefined ? "this service has no `port`" : `\`${upstream}\` is no upstream of this service`;
    const remedy = upstream === undefined ? "write its `port`" : "name one of its `upstreams`";
    problems.add([...path, "run"], written, {
      reason,
      remedy: `${remedy}, or \`%${written}\` where that is meant as text`,
    });
  }
}

/** Or the health check has one; a port that cannot be read is a problem already. */
const hasPort = (service: Sound<ServiceDeclaration>): boolean =>
  Object.hasOwn(service, "port") || service.health?.port !== undefined || hasBroken(service);

/** Two instances would want one port, and one of them the ports of the other's sidecar. */
function checkTold(
  service: Sound<ServiceDeclaration>,
  path: Path,
  placement: string | Sound<PlacementDeclaration>,
  problems: Problems,
): void {
  const { run, port, upstreams = {}, health } = service;
  if (!run || hasBroken(run)) return;
  if (isOthers(run)) {
    problems.add(path, typeof placement === "string" ? 1 : placement.instances, {
      reason: "a deploy starts no process of this service, so there is one on a node",
      remedy: "remove `instances`: a second sidecar in front of the same process helps no caller",
    });
    return;
  }
  const told = new Set(placeholdersIn(textsOf({ run })).map(({ written }) => written));
  const instances = typeof placement === "string" ? 1 : placement.instances;
  const add = (fault: Fault | undefined) => fault && problems.add(path, instances, fault);
  if (port !== undefined) add(untold("%port", port, "listens on a port of its own", told));
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (upstream?.localPort === undefined) continue;
    add(untold(upstreamPlaceholder(name), upstream.localPort, `finds \`${name}\` at a port of its own`, told));
  }
  if (health?.port !== undefined && health.port !== port)
    add(untold("%health.port", health.port, "is checked at a port of its own", told));
}

function untold(placeholder: string, port: number, does: string, told: ReadonlySet<string>): Fault | undefined {
  if (told.has(placeholder)) return undefined;
  return {
    reason: `each instance ${does} (${port}, ${port + 1}, …), and nothing in \`run\` says which to the program`,
    remedy: `write \`${placeholder}\` where the port is in \`args\`, \`env\` or \`command\`, for example \`env: { PORT: "${placeholder}" }\``,
  };
}

/** The texts in which placeholders are filled in. */
function textsOf({
  run,
  health,
}: {
  run?: Sound<RunDeclaration>;
  health?: Sound<ServiceDeclaration>["health"];
}): string[] {
  const { args = [], env = {}, command = [] } = run ?? {};
  const script = health?.script ?? [];
  return [...args, ...Object.values(env), ...command, ...script].filter((text) => text !== undefined);
}
