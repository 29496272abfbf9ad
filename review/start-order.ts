/** In which order a deploy does things, in words. */
import type { ConfigEntry, Instance, Mesh } from "../model";
import { entryName } from "../templates";
import { entryPhases } from "./entries";
import { ticks } from "./ticks";

/** A step, and the parts that it has where they are worth a line each. */
export interface Step {
  text: string;
  parts?: string[];
}

/** The steps of a first deploy. A later one leaves out what has not changed. */
export function startOrder(mesh: Mesh): Step[] {
  const { protocols, denyAll, others, routing, routes, allowed } = entryPhases(mesh);
  return [
    { text: "`gatehouse-node`, the program that does the work there, is brought to every node." },
    ...agents(mesh),
    ...entries("Consul learns what everyone speaks", protocols),
    ...entries("Consul denies every call that is not allowed", denyAll),
    ...entries("Further entries are written", others),
    ...instances(
      mesh,
      "service",
      "Services start, each when those that it calls serve; the calls between them are allowed before",
    ),
    ...entries("Calls are routed between services", routing),
    ...instances(mesh, "ingress-gateway", "Gateways start"),
    ...entries("Gateways get their routes, and each route is tried", routes),
    { text: "What is no longer declared is removed from the nodes." },
    ...entries("Consul allows exactly the declared calls", allowed),
  ];
}

function agents({ consul, nodes }: Mesh): Step[] {
  if (consul.existing) return [];
  const named = (role: string) => nodes.filter((node) => node.role === role && !node.retired).map(({ name }) => name);
  const servers = named("server");
  const workers = named("worker");
  return [
    { text: `Consul's servers start, one after another: ${servers.join(", ")}.` },
    ...(workers.length > 0 ? [{ text: `The workers' agents start and join them: ${workers.join(", ")}.` }] : []),
  ];
}

const entries = (text: string, written: ConfigEntry[]): Step[] =>
  written.length === 0 ? [] : [{ text: `${text}: ${written.map((entry) => ticks(entryName(entry))).join(", ")}.` }];

function instances({ instances: all }: Mesh, kind: Instance["workload"]["kind"], text: string): Step[] {
  const parts = all.filter(({ workload }) => workload.kind === kind).map(startOf);
  return parts.length === 0 ? [] : [{ text: `${text}:`, parts }];
}

function startOf({ name, workload, node, after }: Instance): string {
  const waits = after === undefined ? (workload.kind === "service" ? workload.deployAfter : []) : [];
  const first = waits.length > 0 ? `, after ${waits.map(ticks).join(", ")}` : "";
  const ofOthers = workload.kind === "service" ? workload.unitOfOthers : undefined;
  const runs = ofOthers === undefined ? "" : ` (${ticks(ofOthers)} runs already, and is left as it is)`;
  const before = after === node.name ? "the one before it there" : `the one on ${after}`;
  return `${ticks(name)} on ${node.name}${runs}${after === undefined ? first : `, after ${before}`}`;
}
