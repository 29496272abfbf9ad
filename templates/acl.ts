/** Rules of the ACL policies: what each token may do. Services need none: Consul has an identity for them. */
import type { ConfigEntry, Gateway, Mesh, MeshNode } from "../model";
import { render } from "./engine";

/** Rules of a node's token: Gatehouse's programs there use it with the agent, and the agent with its servers. */
export const nodeRules = ({ name }: MeshNode): string => render("acl/node.hcl", { node: name });

/** Rules of a gateway's token. */
export const gatewayRules = ({ name }: Gateway): string => render("acl/ingress-gateway.hcl", { name });

/** Rules of the handover's token. */
export const handoverRules = (mesh: Mesh): string => render("acl/handover.hcl", { records: recordsOf(mesh) });

/** Where node/taken keeps config entries as they were before a mesh took them over. */
const recordsOf = ({ name }: Mesh): string => `gatehouse/${name}/taken-over/`;

/** Rules for the programs that replace hand-made entries with these: they may change no others. */
export function takenRules(mesh: Mesh, entries: ConfigEntry[]): string {
  const ofServices = entries.filter(({ kind }) => kind.startsWith("service-"));
  return render("acl/taken.hcl", {
    records: recordsOf(mesh),
    services: [...new Set(ofServices.map(({ name }) => name))].filter((name) => name !== "*").sort(),
    gateways: entries.filter(({ kind }) => kind.endsWith("-gateway")).map(({ name }) => name),
    every: ofServices.some(({ name }) => name === "*"),
    mesh: entries.some(({ kind }) => !kind.startsWith("service-")),
    operator: entries.some(({ kind }) => kind === "control-plane-request-limit"),
  });
}

/** Rules for the programs that put the routes of gateways back. */
export const routesRules = (gateways: Gateway[]): string =>
  render("acl/routes.hcl", { gateways: gateways.map(({ name }) => name) });
