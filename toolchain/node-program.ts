import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, cacheRoot } from "./cache";
import { estimate, goBuild } from "./go";
import { goSources, hashOf } from "./go-sources";
import type { Report } from "./parts";

/** The Go module of gatehouse-node. */
export const NODE_MODULE = join(__dirname, "..", "node");

/** Processor of a node, in Go's names. */
export type Arch = "amd64" | "arm64";

/** gatehouse-node, built for one kind of node. */
export interface NodeProgram {
  /** Absolute path of the binary here. */
  path: string;
  /** SHA-256 of the binary, in hex. Another Go release makes another binary of the same version. */
  sha256: string;
  /** Changes with the program's sources alone. `gatehouse-node version` says the same. */
  version: string;
  arch: Arch;
  /** It is not built here. @default false */
  missing?: boolean;
}

/** Builds the program, once per state of its sources, and keeps it in the cache. */
export async function nodeProgram(arch: Arch, report: Report): Promise<NodeProgram> {
  const version = nodeProgramVersion(NODE_MODULE);
  const folder = await cached(
    cacheKey(version, arch),
    async (draft) => {
      report(`building gatehouse-node ${version} for ${arch} (${estimate(1)})`);
      const output = join(draft, "gatehouse-node");
      await buildNodeProgram(NODE_MODULE, { arch, version, output }, report);
      writeFileSync(join(draft, "sha256"), createHash("sha256").update(readFileSync(output)).digest("hex"));
    },
    () => report(`another run is building gatehouse-node ${version} for ${arch}, waiting for it`),
  );
  return builtIn(folder, version, arch);
}

const cacheKey = (version: string, arch: Arch): string => `gatehouse-node-${version}-${arch}`;

const builtIn = (folder: string, version: string, arch: Arch): NodeProgram => ({
  path: join(folder, "gatehouse-node"),
  sha256: readFileSync(join(folder, "sha256"), "utf8"),
  version,
  arch,
});

/** The programs as far as they are built already. Nothing is built or fetched: their version is known without. */
export function builtNodePrograms(): Record<Arch, NodeProgram> {
  const version = nodeProgramVersion(NODE_MODULE);
  const builtFor = (arch: Arch): NodeProgram => {
    const folder = join(cacheRoot(), cacheKey(version, arch));
    return existsSync(folder) ? builtIn(folder, version, arch) : absent(version, arch);
  };
  return { amd64: builtFor("amd64"), arm64: builtFor("arm64") };
}

const absent = (version: string, arch: Arch): NodeProgram => ({
  path: "/dev/null",
  sha256: "",
  version,
  arch,
  missing: true,
});

/**
 * The program for every kind of processor: built where it is among `needed`, and elsewhere nothing but a place.
 */
export async function nodePrograms(needed: Iterable<Arch>, report: Report): Promise<Record<Arch, NodeProgram>> {
  const wanted = new Set(needed);
  const programs = new Map<Arch, NodeProgram>();
  // One after another: the second build finds the packages of the first downloaded.
  for (const arch of wanted) programs.set(arch, await nodeProgram(arch, report));
  const version = nodeProgramVersion(NODE_MODULE);
  const programFor = (arch: Arch) => programs.get(arch) ?? absent(version, arch);
  return { amd64: programFor("amd64"), arm64: programFor("arm64") };
}

/**
 * The hash of the program's sources, not of the binary: two operators with different Go releases must not replace each
 * other's program. The generator of the TypeScript types is in the same module and no part of the program.
 */
export function nodeProgramVersion(module: string): string {
  return hashOf(
    module,
    goSources(module).filter((file) => !file.startsWith("document/typescript/")),
  );
}

/** Builds from the module in this folder. The same sources and Go release give the same bytes, wherever they are. */
export async function buildNodeProgram(
  module: string,
  { arch, version, output }: { arch: Arch; version: string; output: string },
  report: Report,
): Promise<void> {
  const linkerFlags = `-buildid= -X main.version=${version}`;
  await goBuild({ module, package: ".", output, linkerFlags, platform: { os: "linux", arch } }, report);
}
