/** Writes what a deploy would bring, for a person to read: files by node, config entries in their order, the mesh in words. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Mesh, Problem } from "../model";
import { filesOnNodes, type NodeFile, userData } from "../templates";
import { entriesInOrder } from "./entries";
import { meshInWords } from "./words";

/** The page to begin with, from the output folder. */
export const FIRST_PAGE = "review/mesh.md";

/**
 * Brings the folder `review` up to date: a large mesh has thousands of files, of which few change.
 * @param outdir the output folder of cdktf
 * @param missing for a deploy
 */
export function writeReview(outdir: string, mesh: Mesh, missing: readonly Problem[]): void {
  const folder = dirname(join(outdir, FIRST_PAGE));
  const kept = new Set<string>();
  for (const file of reviewFiles(mesh, missing)) {
    write(join(folder, file.path), file);
    for (let path = file.path; path !== "."; path = dirname(path)) kept.add(path);
  }
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (!kept.has(path)) rmSync(join(folder, path), { recursive: true, force: true });
}

/** Paths count from the folder. */
function* reviewFiles(mesh: Mesh, missing: readonly Problem[]): Generator<NodeFile> {
  yield text("mesh.md", meshInWords(mesh, missing));
  yield* entryFiles(mesh);
  for (const node of mesh.nodes) yield text(`${node.name}/user_data`, userData(mesh, node));
  for (const { node, files } of filesOnNodes(mesh))
    for (const file of files) yield { ...file, path: `${node.name}${file.path}` };
}

const text = (path: string, content: string): NodeFile => ({ path, mode: "0644", content });

/** As `consul config write` takes them. */
function entryFiles(mesh: Mesh): NodeFile[] {
  const entries = entriesInOrder(mesh);
  const digits = Math.max(2, String(entries.length).length);
  return entries.map(({ kind, name, config }, index) => {
    const number = String(index + 1).padStart(digits, "0");
    const file = `config-entries/${number}-${kind}-${name === "*" ? "any" : name}.json`;
    return text(file, `${JSON.stringify({ Kind: kind, Name: name, ...config }, null, 2)}\n`);
  });
}

function write(file: string, { mode, content }: NodeFile): void {
  const bits = Number.parseInt(mode, 8);
  if (isThere(file, bits, content)) return;
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, content, { mode: bits });
}

function isThere(file: string, mode: number, content: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & 0o777) === mode && readFileSync(file, "utf8") === content;
}
