/**
 * `gatehouse adopt MESH [NAME...] [NODE=SHA256:...]`: reads Consul and the nodes, and writes a first declaration for the services
 * and gateways that are named. Where there is a declaration already it shows only what that lacks, and writes nothing.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import {
  choiceText,
  type Draft,
  draftOf,
  type Found,
  isKnownKind,
  meshFile,
  newsFor,
  pieces,
  placesText,
  readConsul,
  reportOf,
  type Workload,
  workloadsOf,
} from "../adopt";
import { printable } from "../findings";
import { checkMesh, formatProblems, loadDeclaration, type MeshDeclaration, nodeFiles } from "../model";
import { fileFor } from "../trust";
import { type Asked, askedFor, hostKeyIn, lookAtNodes } from "./adopt-look";
import type { Call } from "./gatehouse";

export async function run({ options }: Call): Promise<number> {
  const file = join("meshes", `${meshName(options.mesh)}.ts`);
  const present = existsSync(file) ? await declarationOf(file) : undefined;
  const asked = askedFor(options, present);
  const consul = await readConsul(asked.mesh, asked.address, asked.tls);
  const found = await lookAtNodes(asked, consul, present);
  if (present) return showNews(asked, present, file, found);
  const workloads = workloadsOf(found);
  process.stdout.write(choiceText(workloads));
  const chosen = await choose(asked, workloads);
  if (chosen.length === 0) return 0;
  const draft = draftOf(found, { mesh: asked.mesh, chosen, hostKey: hostKeyIn(asked.mesh) }, nodeFiles());
  const keyFile = (node: string) => fileFor(asked.mesh, { name: node, hostKey: "" });
  writeFileSync(file, meshFile(draft.declaration, draft.remarks, keyFile), { flag: "wx" });
  process.stdout.write(reportOf(draft, found));
  console.log(`\nWritten: ${file}. Read it, then: GATEHOUSE_MESH=${file} npx gatehouse synth, and deploy.`);
  return exitCodeOf(draft);
}

/** @throws where it could not be a mesh's name, nor that of a file */
function meshName(given: unknown): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(String(given))) return String(given);
  throw new Error(`"${printable(String(given))}" cannot name a mesh: lower-case letters, digits and -, at most 63.`);
}

async function declarationOf(file: string): Promise<MeshDeclaration> {
  const loaded = await loadDeclaration(file);
  const checked = "problems" in loaded ? loaded : checkMesh(loaded.declaration, { ...nodeFiles(), forReview: true });
  if ("problems" in checked) throw new Error(formatProblems(checked.problems, file));
  return ("declaration" in loaded ? loaded.declaration : undefined) as MeshDeclaration;
}

/** @throws where a name is none that is there */
async function choose({ names, mesh }: Asked, workloads: Workload[]): Promise<string[]> {
  const there = workloads.filter(isKnownKind).map(({ name }) => name);
  const unknown = names.find((name) => !there.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `There is no service or gateway "${printable(unknown)}"; there are: ${there.map(printable).join(", ") || "none"}.`,
    );
  if (names.length > 0 || there.length === 0) return names;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.log(
      `\nNothing is written. Name what the mesh takes over: npx gatehouse adopt ${mesh} ${there.map(printable).join(" ")}`,
    );
    return [];
  }
  return askFor(workloads.filter(isKnownKind));
}

async function askFor(workloads: Workload[]): Promise<string[]> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const chosen: string[] = [];
  try {
    for (const one of workloads) {
      const answer = await terminal.question(
        `Is ${printable(`${one.name} (${placesText(one)})`)} to become this mesh's? [y/N] `,
      );
      if (/^y(es)?$/i.test(answer.trim())) chosen.push(one.name);
    }
  } finally {
    terminal.close();
  }
  return chosen;
}

/** Shows what the declaration does not have, as pieces that a person may copy. */
async function showNews(asked: Asked, present: MeshDeclaration, file: string, found: Found): Promise<number> {
  const news = newsFor(present, found);
  const fresh = news.workloads.filter(isKnownKind).map(({ name }) => name);
  if (news.workloads.length + news.nodes.length + news.entries.length === 0) {
    console.log(`${file} has all that is there. Nothing is written.`);
    return 0;
  }
  process.stdout.write(choiceText(news.workloads));
  for (const node of news.nodes) console.log(`\nNode ${printable(node)} is not in ${file}.`);
  for (const { Kind, Name } of news.entries)
    console.log(
      `\nConfig entry ${printable(`${Kind}/${Name}`)} is a person's: takeOver.configEntries does not name it.`,
    );
  const declared = Object.keys({ ...present.services, ...present.gateways });
  const chosen = [...declared, ...fresh.filter((name) => asked.names.length === 0 || asked.names.includes(name))];
  const draft = draftOf(found, { mesh: asked.mesh, chosen, hostKey: hostKeyIn(asked.mesh) }, nodeFiles());
  const { services = {}, gateways = {}, nodes } = draft.declaration;
  const only = <Part>(all: Record<string, Part>, names: string[]) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  const text = pieces({
    nodes: only(nodes, news.nodes),
    services: only(services, fresh),
    gateways: only(gateways, fresh),
  });
  if (text) console.log(`\nTo copy into ${file}, as far as you choose:\n\n${text}`);
  console.log(`${file} is left as it is.`);
  return 0;
}

/** 1 where something is not taken over, or the declaration is refused. */
const exitCodeOf = ({ remarks, problems }: Draft): number =>
  problems.length > 0 || remarks.some(({ kind }) => kind === "blocks") ? 1 : 0;
