/** Everything that a mesh is made of on its machines and in Consul, to be compared before and after a round trip. */

import { changes } from "../../../lab";
import { OUR_KINDS } from "../../../nodes";
import { settled } from "./interrupt";
import { consul, on } from "./mesh";

/** Files, enabled units (as links) and processes of these machines; Consul's catalogue and config entries. */
export async function snapshot(machines: string[]): Promise<object> {
  return {
    files: Object.fromEntries(machines.map((machine) => [machine, lasting(changes(machine))])),
    processes: Object.fromEntries(
      await Promise.all(machines.map(async (machine) => [machine, await on(machine, processes)] as const)),
    ),
    catalogue: await catalogue(machines),
    entries: Object.fromEntries(await Promise.all(OUR_KINDS.map(async (kind) => [kind, await entries(kind)] as const))),
  };
}

/** Copies of what a person had made stay on purpose. */
function lasting(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settled(files)).filter(([path]) => !path.startsWith("/var/backups/gatehouse")),
  );
}

const processes =
  "ps -eo args= | grep -E '^[^ ]*(envoy|fortio|consul) ' | grep -v ' -c ' | sed 's,/envoy-[^ ]*,,' | sort || true";

interface Registration {
  Service: string;
  Port: number;
  Proxy?: object;
}

/** Registrations on each machine. */
async function catalogue(machines: string[]): Promise<object> {
  const registered = async (machine: string) => {
    const node = await consul<{ Services: Record<string, Registration> } | null>(`catalog/node/${machine}`);
    return Object.entries(node?.Services ?? {}).map(([id, one]) => [id, one.Service, one.Port, one.Proxy]);
  };
  return Object.fromEntries(
    await Promise.all(machines.map(async (machine) => [machine, await registered(machine)] as const)),
  );
}

async function entries(kind: string): Promise<object[]> {
  const found = await consul<Record<string, unknown>[]>(`config/${kind}`);
  return found.map(({ CreateIndex, ModifyIndex, Hash, ...rest }) => rest);
}
