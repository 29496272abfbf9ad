/** Looks at every node of a mesh and at its Consul before a deploy. Changes nothing. */
import { statSync } from "node:fs";
import { type Finding, type Severity, unseen } from "../findings";
import type { Mesh, MeshNode } from "../model";
import { apiUrl, askApi, atReachableConsul, leaderFault, onEveryNode, type PassedOver, readFacts } from "../nodes";
import { hasLocalState } from "../terraform";
import { Asker } from "./ask";
import { interpreterOf, processorOf } from "./interpreter";
import { judge, type Look } from "./judge";
import { judgeCallsOut } from "./judge-calls-out";
import type { ConsulApi } from "./judge-consul";
import { type EntryFacts, judgeEntries } from "./judge-entries";
import { judgeCatalogue, renamedFrom } from "./judge-others";
import { judgeOwnEntries } from "./judge-own-entries";
import { judgeOwns } from "./judge-owns";
import { judgePaths } from "./judge-paths";
import { judgeState, type States } from "./judge-state";
import { askCallsOut } from "./look-calls-out";
import { askEntries } from "./look-entries";
import { askOthers } from "./look-others";
import { lookAtSecrets } from "./look-secrets";
import { askShared, SHARED_KINDS } from "./look-shared";
import { type FilesHere, planFor, questionsOf } from "./plan";

/** Milliseconds that Consul's API has to answer. */
const API_TIMEOUT = 5_000;

export interface Preflight {
  mesh: string;
  nodes: LookedAt[];
  /** In the order of the declaration, and there by weight. */
  findings: Finding[];
}

/** A node, and its facts. */
export interface LookedAt {
  node: MeshNode;
  /** @default the node could not be looked at */
  look?: Look;
}

export interface PreflightOptions {
  /** Called when a node has answered, with those that have not. @default nothing */
  onProgress?: (answered: MeshNode, waitingFor: MeshNode[]) => void;
  /** The state is being recovered: that there is none is no problem. @default false */
  recovering?: boolean;
  /** The clock that the nodes' clocks are compared with, in milliseconds since 1970. @default the one here */
  now?: () => number;
}

/** One ssh connection a node, many at once. */
export async function preflight(mesh: Mesh, options: PreflightOptions = {}): Promise<Preflight> {
  const waiting = new Set(mesh.nodes);
  const asker = new Asker();
  const reached = atReachableConsul(mesh);
  const api = reached.then(({ mesh: there, passedOver }) => askConsul(there, passedOver));
  const kinds = mesh.consul.existing ? SHARED_KINDS : [];
  const entries = reached.then(({ mesh: there }) => askEntries(there, kinds, API_TIMEOUT));
  const shared = Promise.all([reached, entries]).then(
    ([{ mesh: there }, facts]) => facts && askShared(there, facts.present, API_TIMEOUT),
  );
  const others = reached.then(({ mesh: there }) => askOthers(there, API_TIMEOUT));
  const callsOut = reached.then(({ mesh: there }) => askCallsOut(there, API_TIMEOUT));
  const asked = await onEveryNode(mesh, async (node) => {
    const result = await lookAt(mesh, node, asker, options.now ?? Date.now);
    waiting.delete(node);
    options.onProgress?.(node, [...waiting]);
    return result;
  });
  const looks = asked.filter((result): result is Look => "facts" in result);
  const faults = asked.filter((result): result is Finding => !("facts" in result));
  const found = [
    ...faults,
    ...(await lookAtSecrets(mesh, {}, runningIn(mesh, looks))),
    ...judge(looks, await api),
    ...judgeFacts(mesh, await entries),
    ...judgeOwns(mesh, await shared),
    ...(renamedFrom(looks) === undefined ? judgeCatalogue(mesh, looks, await others) : []),
    ...judgeCallsOut(mesh, await callsOut),
    ...(options.recovering ? [] : judgeState(looks, statesOf(mesh))),
  ];
  return {
    mesh: mesh.name,
    nodes: mesh.nodes.map((node) => ({ node, look: looks.find(({ plan }) => plan.node === node) })),
    findings: inOrder(found, mesh),
  };
}

const judgeFacts = (mesh: Mesh, facts: EntryFacts | undefined): Finding[] =>
  facts ? [...judgeEntries(mesh, facts), ...judgeOwnEntries(mesh, facts), ...judgePaths(mesh, facts.present)] : [];

const HERE: FilesHere = {
  size: (path) => statSync(path).size,
  interpreter: interpreterOf,
  processor: processorOf,
};

/** Asks one node. A finding where it could not be looked at. */
export async function lookAt(mesh: Mesh, node: MeshNode, asker: Asker, now: () => number): Promise<Look | Finding> {
  const plan = planFor(mesh, node, HERE);
  let began = now();
  const output = await asker.ask(node, questionsOf(plan), () => {
    began = now();
  });
  const ended = now();
  if ("severity" in output) return output;
  const facts = readFacts(output.stdout);
  return facts ? { plan, facts, began, ended } : unseen(node, output);
}

/** Nodes whose agents Gatehouse set up for this mesh. */
const runningIn = ({ name, consul }: Mesh, looks: Look[]): string[] =>
  consul.existing ? [] : looks.filter(({ facts }) => facts.agentMesh === name).map(({ plan }) => plan.node.name);

function statesOf({ name }: Mesh): States {
  const state = (stack: string) => hasLocalState(name, stack, process.env);
  return { cluster: state("cluster"), mesh: state("mesh") };
}

async function askConsul(mesh: Mesh, passedOver: PassedOver[]): Promise<ConsulApi> {
  const url = apiUrl(mesh);
  const fault = await faultOf(mesh);
  return { url, addresses: mesh.consul.addresses, passedOver, ...(fault !== undefined && { fault }) };
}

async function faultOf(mesh: Mesh): Promise<string | undefined> {
  const fault = await leaderFault(mesh, API_TIMEOUT);
  if (fault !== undefined) return fault;
  try {
    const known = !mesh.consul.acl || (await askApi(mesh, "acl/token/self", API_TIMEOUT)).status === 200;
    return known ? undefined : "it does not know the token";
  } catch (error) {
    return (error as Error).message;
  }
}

const weights: Severity[] = ["problem", "warning", "note"];

function inOrder(findings: Finding[], mesh: Mesh): Finding[] {
  const place = ({ where }: Finding) => mesh.nodes.findIndex(({ name }) => name === where.on);
  const weight = ({ severity }: Finding) => weights.indexOf(severity);
  return [...findings].sort((a, b) => place(a) - place(b) || weight(a) - weight(b));
}
