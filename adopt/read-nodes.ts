/** Looks at the nodes over ssh, with the preflight's own look. Changes nothing there. */
import type { MeshNode } from "../model";
import { onEveryNode, readFacts, sshFault } from "../nodes";
import { Asker } from "../preflight";
import type { MadeRegistration, PreflightQuestions } from "../templates";
import type { CatalogueService, Found, FoundConsul, FoundNode } from "./found";

/** In the Meta of a registration: the mesh that it belongs to. */
const MESH_META = "gatehouse-mesh";

/** @param nodes with a host key that a person has believed */
export async function readNodes(nodes: MeshNode[], consul: FoundConsul): Promise<Pick<Found, "nodes" | "unseen">> {
  const asker = new Asker();
  const looks = await onEveryNode({ nodes }, (node) => lookAt(node, consul, asker));
  return {
    nodes: looks.filter((one): one is FoundNode => "made" in one),
    unseen: looks.filter((one): one is { name: string; why: string } => "why" in one),
  };
}

async function lookAt(
  node: MeshNode,
  consul: FoundConsul,
  asker: Asker,
): Promise<FoundNode | { name: string; why: string }> {
  const { name } = node;
  const registrations = (consul.registrations[name] ?? []).map(registrationOf);
  const questions: PreflightQuestions = {
    programs: [],
    ports: [],
    units: [],
    services: [],
    names: [],
    folders: [],
    files: [],
    made: { registrations },
  };
  let seen = node;
  let answer = await asker.ask(seen, questions, () => {});
  if ("severity" in answer) {
    seen = { ...node, arch: node.arch === "amd64" ? "arm64" : "amd64" };
    answer = await asker.ask(seen, questions, () => {});
  }
  if ("severity" in answer) return { name, why: `${answer.found}; ${answer.remedy}` };
  const facts = readFacts(answer.stdout);
  if (facts?.made) return { name, arch: seen.arch, made: facts.made };
  const { found, remedy } = sshFault(node, answer);
  return { name, why: facts ? "systemd does not answer there" : `${found}; ${remedy}` };
}

function registrationOf(one: CatalogueService): MadeRegistration {
  return {
    ID: one.ID,
    Service: one.Service,
    Kind: one.Kind ?? "",
    Address: one.Address ?? "",
    Port: one.Port ?? 0,
    Of: one.Proxy?.DestinationServiceName ?? "",
    OfID: one.Proxy?.DestinationServiceID ?? "",
    Mesh: one.Meta?.[MESH_META] ?? "",
  };
}
