/** Phase: the routes of each gateway are tried on each of its nodes. */
import { type Gateway, type Instance, layout } from "../../model";
import { contentHash, probeProgram, routedGateways, routesOf } from "../../templates";
import { AclToken } from "../acl-token";
import { RemoteProgram } from "../remote-program";
import { type Context, groupBy, present } from "./context";
import type { Entries } from "./entries";

export function probeRoutes(context: Context, after: { routes: Entries }): RemoteProgram[] {
  const { stack, mesh } = context;
  const instancesOf = groupBy(mesh.instances, ({ workload }) => workload);
  const gateways = routedGateways(mesh);
  const token = mesh.consul.acl && gateways.length > 0 ? AclToken.ofRoutes(stack, mesh, gateways) : undefined;
  return gateways.flatMap((gateway) =>
    (instancesOf.get(gateway) ?? []).map((instance) => probe(context, gateway, instance, token, after.routes)),
  );
}

function probe(
  { stack, mesh }: Context,
  gateway: Gateway,
  instance: Instance,
  token: AclToken | undefined,
  routes: Entries,
): RemoteProgram {
  const entry = mesh.configEntries.find(({ kind, name }) => kind === "ingress-gateway" && name === gateway.name);
  // The whole entry, since that is recorded for a later deploy to go back to.
  const { Meta, ...content } = entry?.config ?? {};
  return new RemoteProgram(stack, layout.resources.probe(gateway.name, instance.node.name), {
    node: instance.node,
    program: probeProgram(mesh, instance, gateway),
    triggers: { routes: contentHash(JSON.stringify(routesOf(mesh, gateway)), JSON.stringify(content)) },
    secrets: token && { mesh: mesh.name, name: `probe-${gateway.name}`, values: { probe: token.secret } },
    dependsOn: present(routes.get(gateway.name)),
  });
}
