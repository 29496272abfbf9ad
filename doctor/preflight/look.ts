/** Looks at every machine of a mesh before a deploy, and at nothing else; changes nothing. */
import { statSync } from "node:fs";
import type { Mesh, MeshNode } from "../../model";
import { preflightScript } from "../../templates";
import { NODE_MODULE, nodeProgramVersion } from "../../tools/node-program";
import { apiUrl, askApi } from "../consul-api";
import type { LiveEntry } from "../entries";
import { inTurn } from "../in-turn";
import { runOn } from "../ssh";
import { readFacts } from "./facts";
import type { Finding } from "./finding";
import { judge, type Look } from "./judge";
import type { ConsulApi } from "./judge-consul";
import { judgeCatalogue, renamedFrom } from "./judge-others";
import { judgeOwns, letsThrough, type SharedConsul } from "./judge-owns";
import { askOthers } from "./others";
import { planFor, questionsOf } from "./plan";
import { lookAtSecrets } from "./secrets";
import { unseen } from "./unseen";

/** ssh connections at once: each is a process here, and a few hundred machines are asked in one go. */
const CONNECTIONS = 32;

/** Connections at once where a bastion is in between: its sshd refuses beyond ten that are not logged in yet. */
const THROUGH_A_BASTION = 8;

/** Milliseconds that Consul's API has to answer. */
const API_TIMEOUT = 5_000;

export interface Preflight {
  mesh: string;
  machines: Machine[];
  /** In the order of the declaration, and there by weight. */
  findings: Finding[];
}

/** A machine; what is told of it is undefined where it could not be looked at. */
export interface Machine {
  node: MeshNode;
  look?: Look;
}

export interface PreflightOptions {
  /** Called when a machine has been looked at, with how many are still waited for. @default nobody */
  onProgress?: (looked: MeshNode, waitingFor: MeshNode[]) => void;
  /** The clock that machines are compared with, in milliseconds since 1970. @default this machine's */
  now?: () => number;
}

/** One ssh connection a machine, many at once. */
export async function preflight(mesh: Mesh, options: PreflightOptions = {}): Promise<Preflight> {
  const waiting = new Set(mesh.nodes);
  const version = nodeProgramVersion(NODE_MODULE);
  const limit = mesh.nodes.some(({ ssh }) => ssh.bastion) ? THROUGH_A_BASTION : CONNECTIONS;
  const api = askConsul(mesh);
  const shared = askShared(mesh);
  const others = askOthers(mesh, API_TIMEOUT);
  const asked = await inTurn(mesh.nodes, limit, async (node) => {
    const result = await lookAt(mesh, node, version, options.now ?? Date.now);
    waiting.delete(node);
    options.onProgress?.(node, [...waiting]);
    return result;
  });
  const looks = asked.filter((result): result is Look => "facts" in result);
  const faults = asked.filter((result): result is Finding => !("facts" in result));
  const found = [
    ...faults,
    ...(await lookAtSecrets(mesh)),
    ...judge(looks, await api),
    ...judgeOwns(mesh, await shared),
    ...(renamedFrom(looks) === undefined ? judgeCatalogue(mesh, looks, await others) : []),
  ];
  return {
    mesh: mesh.name,
    machines: mesh.nodes.map((node) => ({ node, look: looks.find(({ plan }) => plan.node === node) })),
    findings: inOrder(found, mesh),
  };
}

async function lookAt(mesh: Mesh, node: MeshNode, version: string, now: () => number): Promise<Look | Finding> {
  const plan = planFor(mesh, node, (path) => statSync(path).size);
  const began = now();
  const output = await runOn(node, preflightScript(questionsOf(plan), version));
  const ended = now();
  const facts = readFacts(output.stdout);
  return facts ? { plan, facts, began, ended } : unseen(node, output);
}

async function askConsul(mesh: Mesh): Promise<ConsulApi> {
  const url = apiUrl(mesh);
  try {
    const leader = await askApi(mesh, "status/leader", API_TIMEOUT);
    if (leader.status !== 200) return { url, fault: `it answers ${leader.status}` };
    if (leader.text.length <= 2) return { url, fault: "it knows no leader" };
    const known = !mesh.consul.acl || (await askApi(mesh, "acl/token/self", API_TIMEOUT)).status === 200;
    return known ? { url } : { url, fault: "it does not know the token" };
  } catch (error) {
    return { url, fault: (error as Error).message };
  }
}

/** What a Consul that was there before has for everyone. Undefined when it does not say; `askConsul` tells why. */
async function askShared(mesh: Mesh): Promise<SharedConsul | undefined> {
  if (!mesh.consul.existing) return undefined;
  const ask = (path: string, query = "") =>
    askApi(mesh, `${path}?dc=${encodeURIComponent(mesh.consul.datacenter)}${query}`, API_TIMEOUT);
  const entry = async (path: string): Promise<LiveEntry | undefined> => {
    const { status, text } = await ask(`config/${path}`);
    return status === 200 ? JSON.parse(text) : undefined;
  };
  try {
    const [proxyDefaults, anyIntention, catalogue, self, check] = await Promise.all([
      entry("proxy-defaults/global"),
      entry("service-intentions/*"),
      ask("catalog/services"),
      ask("agent/self"),
      // Two names that no service has: what is said of them is Consul's default.
      ask("connect/intentions/check", "&source=gatehouse-preflight-a&destination=gatehouse-preflight-b"),
    ]);
    const services = catalogue.status === 200 ? Object.keys(JSON.parse(catalogue.text)) : [];
    const policy = self.status === 200 ? JSON.parse(self.text).DebugConfig?.DefaultIntentionPolicy : undefined;
    const checked = check.status === 200 && JSON.parse(check.text).Allowed === true;
    const allowsByDefault = letsThrough(anyIntention, policy, checked);
    return { proxyDefaults, anyIntention, services, allowsByDefault };
  } catch {
    return undefined;
  }
}

const weights: Finding["severity"][] = ["problem", "warning", "note"];

function inOrder(findings: Finding[], mesh: Mesh): Finding[] {
  const place = ({ node }: Finding) => mesh.nodes.findIndex(({ name }) => name === node);
  const weight = ({ severity }: Finding) => weights.indexOf(severity);
  return [...findings].sort((a, b) => place(a) - place(b) || weight(a) - weight(b));
}
