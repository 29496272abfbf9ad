/** Phase: routes of gateways, after the gateway's instances and after everything that shapes the traffic behind them. */
import type { ITerraformDependable } from "cdktf";
import { type Mesh, ROUTING_KINDS } from "../../model";
import { routesOf } from "../../templates";
import { type Context, present } from "./context";
import type { Entries, EntryWriter } from "./entries";
import type { LastInstances } from "./instances";
import type { Routing } from "./routing";

interface After {
  instances: LastInstances;
  serviceDefaults: Entries;
  routing: Routing;
}

/** @returns the entries, by gateway */
export function writeRoutes({ mesh }: Context, writer: EntryWriter, after: After): Entries {
  return writer.writeKind("ingress-gateway", ({ name }) => [
    ...present(after.instances.get(name)),
    ...behind(mesh, name).flatMap((service) => shapedBy(service, after)),
  ]);
}

/** Services that a gateway's routes lead to. */
function behind(mesh: Mesh, name: string): string[] {
  const gateway = mesh.gateways.find((one) => one.name === name);
  return gateway ? [...new Set(routesOf(mesh, gateway).map(({ service }) => service))] : [];
}

function shapedBy(service: string, { instances, serviceDefaults, routing }: After): ITerraformDependable[] {
  return present(
    instances.get(service),
    serviceDefaults.get(service),
    ...ROUTING_KINDS.map((kind) => routing.get(kind)?.get(service)),
  );
}
