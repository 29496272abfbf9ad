/** The program that runs between the mesh as it was and the mesh as it will be; `shell/handover.sh` tells more. */
import type { ConfigEntry, Mesh } from "../model";
import { readTemplate } from "./engine";
import { library } from "./node";
import { contentHash, program, shellConf } from "./program";

export interface Handover {
  /** Changes when there may be something to hand over: an edge, a protocol, a routing entry. */
  hash: string;
  program: string;
  /** Removes from Consul what a deploy that failed began and no later one took over. */
  removal: string;
}

/** What of the mesh may have to be handed over. */
export function handover(mesh: Mesh): Handover {
  const intentions = mesh.configEntries.filter(({ kind, name }) => kind === "service-intentions" && name !== "*");
  const services = mesh.configEntries.filter(({ kind }) => kind === "service-defaults");
  const gateways = mesh.configEntries.filter(({ kind }) => kind === "ingress-gateway");
  const facts = {
    mesh: mesh.name,
    acl: mesh.consul.acl,
    intentions: intentions.map(asConsul),
    services: services.map(asConsul),
    gateways: gateways.map(asConsul),
  };
  return {
    hash: contentHash(
      JSON.stringify(facts.intentions),
      JSON.stringify(mesh.services.map(({ name, protocol }) => [name, protocol])),
    ),
    program: program({
      "main.sh": readTemplate("shell/handover.sh"),
      "handover.jq": readTemplate("shell/handover.jq"),
      "mesh.json": JSON.stringify(facts),
      ...library("lib.sh", "secrets.sh"),
    }),
    removal: program({
      "main.sh": readTemplate("shell/handover-removal.sh"),
      "removal.conf": shellConf({ MESH: mesh.name }),
      ...library("lib.sh"),
    }),
  };
}

const asConsul = ({ kind, name, config }: ConfigEntry) => ({ Kind: kind, Name: name, ...config });
