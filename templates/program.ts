/** The text that one ssh connection carries: a small shell program with a document for gatehouse-node at its end. */
import { createHash } from "node:crypto";
import { readTemplate } from "./engine";
import { shellWord } from "./escape";
import type * as documents from "./node-documents";

/** The verbs of gatehouse-node, as its command line has them, each with its document. */
interface Documents {
  "agent refresh": documents.AgentRefresh;
  "agent remove": documents.AgentRemoval;
  "agent setup": documents.Agent;
  "agent token": documents.AgentToken;
  "entry return": documents.EntryReturn;
  "entry settle": documents.EntriesSettle;
  "entry take": documents.EntryTake;
  expand: documents.Expand;
  "expand routing": documents.Expand;
  "expand remove": documents.ExpandRemoval;
  incoming: documents.Incoming;
  inspect: documents.Inspection;
  "inspect node": documents.Questions;
  "instance apply": documents.Instance;
  owner: documents.Owner;
  probe: documents.Probe;
  setup: documents.Setup;
  sweep: documents.Sweep;
  tokens: documents.Tokens;
  uninstall: documents.Owner;
  wipe: documents.Wipe;
}
/** A verb of gatehouse-node. */
export type Verb = keyof Documents;
/** Those that a mesh asks for: by its own program. */
type OwnedVerb = Exclude<Verb, "inspect node">;

/** A gatehouse-node that Terraform has just uploaded to the home folder of the user who logs in. */
export interface Upload {
  /** The file's name in that folder. */
  name: string;
  sha256: string;
}

/**
 * A shell program that has gatehouse-node carry out a document, as root. The document is readable text: whoever reviews
 * `cdk.tf.json` sees the files and settings that go to a node.
 * @param upload is checked and put in place first. @default the program is on the node
 */
export function nodeProgram<V extends OwnedVerb>(verb: V, document: Documents[V], upload?: Upload): string {
  const values = { VERB: verb, MESH: document.mesh, UPLOADED: upload?.name, SHA256: upload?.sha256 };
  return `#!/bin/sh\n${shellConf(values)}${runScript()}${JSON.stringify(document, null, 2)}\n`;
}

/** The part that is the same in every program, between its values and its document. */
export const runScript = (): string => readTemplate("shell/run.sh");

/**
 * Lines that stand in front of a program, so that the node records when it has come to its end.
 * @param creation the id that Terraform gives the resource for this run
 * @param secrets the file with the run's secrets, which the program removes if gatehouse-node cannot. @default none
 */
export const recordConf = (resource: string, creation: string, secrets?: string): string =>
  shellConf({ RESOURCE: resource, CREATION: creation, ...(secrets && { SECRETS: secrets }) }).trimEnd();

/**
 * The same for the standard input of a shell that is root's already. No line of JSON ends the document early.
 * @param program that carries it out
 */
export function nodeScript<V extends Verb>(verb: V, document: Documents[V], program: string): string {
  return `exec ${nodeCommand(verb, document, program)}`;
}

/** The same where the shell has something to do afterwards. */
export const nodeCommand = <V extends Verb>(verb: V, document: Documents[V], program: string): string =>
  `${program} ${verb} <<'DOCUMENT'\n${JSON.stringify(document, null, 2)}\nDOCUMENT\n`;

/** Lines of `NAME='value'` for a shell to read. */
export function shellConf(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shellWord(String(value ?? ""))}\n`)
    .join("");
}

/** SHA-256 of the parts in their order, lower-case hex. */
export function contentHash(...parts: string[]): string {
  const hash = createHash("sha256");
  // Each part's length keeps ("ab", "c") apart from ("a", "bc").
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex");
}
