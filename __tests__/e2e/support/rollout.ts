/** Shared by the tests of rollouts: a mesh with two of each, load, and which processes are the same as before. */
import type { MeshDeclaration } from "../../../model";
import { type Load, underLoad } from "./load";
import { backendOn, consul, declaration, gatewayUrl, mainPid, type Run } from "./mesh";
import { record } from "./record";

export const workers = ["worker1", "worker2"];

/** Frontend and backend on two workers each, and three more services of which the first test of failures breaks one each. */
export function twoOfEach(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.frontend!.runsOn = workers;
  mesh.services!.backend!.runsOn = workers;
  for (const [name, port] of [
    ["stock", 9012],
    ["store", 9013],
    ["shelf", 9014],
  ] as const) {
    mesh.services![name] = { ...backendOn(workers, port), health: { http: "/", interval: "1s", timeout: "1s" } };
  }
  return mesh;
}

/** Where the gateway listens when it runs on two nodes. */
export const gateways = ["gateway1", "worker1"];
export const gatewayUrls = [gatewayUrl, "http://10.77.0.12:8080"];

/** Frontend, backend and gateway on two nodes each. */
export function twice(): MeshDeclaration {
  const mesh = declaration();
  mesh.services!.frontend!.runsOn = workers;
  mesh.services!.backend!.runsOn = workers;
  mesh.gateways!["ingress-gateway"]!.runsOn = gateways;
  return mesh;
}

type UnderLoad = (run: () => Promise<Run>) => Promise<{ load: Load; result: Run }>;

/**
 * Applies it under load and records the row.
 * @param under the load. @default one client of the one gateway
 */
export async function roll(
  change: string,
  run: () => Promise<Run>,
  under: UnderLoad = (run) => underLoad(gatewayUrl, run),
): Promise<{ load: Load; result: Run }> {
  const began = Date.now();
  const done = await under(run);
  const { sent, failed } = done.load;
  await record({ section: "Rollouts", change, sent, failed, seconds: (Date.now() - began) / 1000 - 2 });
  return done;
}

/** Main processes of these services and their sidecars on every worker, and of the gateway. */
export async function pids(...services: string[]): Promise<Record<string, string>> {
  const units = [
    ["gateway1", "ingress-gateway"],
    ...workers.flatMap((worker) =>
      services.flatMap((name) => [`${name}`, `${name}-sidecar-proxy`].map((unit) => [worker, unit])),
    ),
  ] as [string, string][];
  const found = await Promise.all(
    units.map(async ([machine, unit]) => [`${machine} ${unit}`, await mainPid(machine, unit)]),
  );
  return Object.fromEntries(found);
}

/** Differences between two answers of `pids`. */
export const restarted = (before: Record<string, string>, after: Record<string, string>) =>
  Object.keys(before).filter((unit) => before[unit] !== after[unit]);

/** Instances in maintenance mode anywhere. */
export async function maintained(): Promise<string[]> {
  const checks = await consul<{ CheckID: string; Node: string }[]>("health/state/critical");
  return checks
    .filter(({ CheckID }) => CheckID.startsWith("_service_maintenance"))
    .map(({ Node, CheckID }) => `${Node} ${CheckID}`);
}
