/** From the path of a mesh file to a checked mesh. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { checkMesh } from "./check";
import { type Problem, show } from "./checking/problem";
import { type Files, nodeFiles } from "./files";
import type { Mesh } from "./mesh";

/** The mesh that is used when none is named: it can be read everywhere, without a node or a key. */
const EXAMPLE = "meshes/shop.ts";

/** Holds the path of the mesh that this checkout's lab runs, as long as there is that lab. */
export const LAB_MESH = "lab/.state/mesh";

/** The mesh file that `GATEHOUSE_MESH` names, or else the lab's, or else the example; from the project's folder. */
export function meshPath(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.GATEHOUSE_MESH || (existsSync(LAB_MESH) ? readFileSync(LAB_MESH, "utf8").trim() : EXAMPLE);
}

/**
 * Reads, loads and checks a mesh file; the running process must be able to load TypeScript (`tsx/cjs`). Whatever is
 * wrong with the file itself is a problem like any other.
 */
export async function loadMesh(
  path: string = meshPath(),
  files: Files = nodeFiles(),
): Promise<{ mesh: Mesh; missing: Problem[] } | { problems: Problem[] }> {
  const loaded = await loadDeclaration(path);
  return "problems" in loaded ? loaded : checkMesh(loaded.declaration, files);
}

/** The export of a mesh file, not yet checked. */
export async function loadDeclaration(
  path: string = meshPath(),
): Promise<{ declaration: unknown } | { problems: Problem[] }> {
  const absolute = resolve(path);
  const fault = fileFault(absolute);
  if (fault)
    return problem(path, fault, `set GATEHOUSE_MESH to the path of a mesh file, or leave it unset for ${EXAMPLE}`);
  let module: unknown;
  try {
    module = { default: require(absolute) }; // `import` would need a second loader, which takes longer to start
  } catch (error) {
    return problem(path, explain(error, absolute), "correct the file; `npx tsc --noEmit` shows more");
  }
  const declaration = defaultExport(module);
  if (declaration === undefined) {
    return problem(path, "the file has no default export", "end it with `export default defineMesh({ ... })`");
  }
  return { declaration };
}

function problem(path: string, reason: string, remedy: string): { problems: Problem[] } {
  return { problems: [{ path: "", found: show(path), reason, remedy }] };
}

function fileFault(path: string): string | undefined {
  if (!existsSync(path)) return "there is no such file";
  return statSync(path).isFile() ? undefined : "this is not a file";
}

/** A CommonJS module that was compiled from ES syntax arrives as `{ default: { default: ... } }`, an empty file as `{}`. */
function defaultExport(module: unknown): unknown {
  let value = module;
  for (let layer = 0; layer < 3 && isModule(value); layer++) value = value.default;
  if (value === module || isModule(value)) return undefined;
  return isModule(module) && module.default === value && isEmpty(value) ? undefined : value;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function isModule(value: unknown): value is { default?: unknown } {
  return typeof value === "object" && value !== null && ("default" in value || "__esModule" in value);
}

/** One line, without a stack: what a compiler says, or what the file threw, and where. */
function explain(error: unknown, file: string): string {
  if (!(error instanceof Error)) return `the file threw ${show(error)}`;
  const lines = error.message
    .split("\n")
    .map((line) => line.trim().replace(`${process.cwd()}/`, ""))
    .filter(Boolean);
  const located = lines.find((line) => /:\d+:\d+: (ERROR|error)/.test(line));
  if (located) return `the file does not compile: ${located.replace(/: (ERROR|error): /, ": ")}`;
  if (error instanceof SyntaxError) return `the file does not compile: ${lines[0] ?? error.name}`;
  return `the file threw ${error.name}: ${lines[0] ?? "no message"}${placeOf(error, file)}`;
}

/** The line of the mesh file at which an error came up, from the error's stack. */
function placeOf(error: Error, file: string): string {
  const frame = error.stack?.split("\n").find((line) => line.includes(file));
  const line = frame?.slice(frame.indexOf(file) + file.length).match(/^:(\d+)/)?.[1];
  return line === undefined ? "" : ` (line ${line})`;
}
