/** Rules of the ACL policies: what each token may do. Services need none: Consul has an identity for them. */
import type { Gateway, MeshNode } from "../model";
import { render } from "./engine";

/** Of the token with which Gatehouse's programs on a machine talk to its agent, and the agent to its servers. */
export const machineRules = ({ name }: MeshNode): string => render("acl/machine.hcl", { node: name });

/** Of a gateway's instance. */
export const gatewayRules = ({ name }: Gateway): string => render("acl/ingress-gateway.hcl", { name });

/** Of the handover. */
export const handoverRules = (): string => render("acl/handover.hcl", {});

/** Of the programs that put the routes of gateways back. */
export const routesRules = (gateways: Gateway[]): string =>
  render("acl/routes.hcl", { gateways: gateways.map(({ name }) => name) });
