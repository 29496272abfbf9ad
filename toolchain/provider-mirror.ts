import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached } from "./cache";
import { goBuild } from "./go";
import { goSources, hashOf } from "./go-sources";
import type { Report } from "./parts";

/** The Go module of the stand-in providers. */
export const STAND_IN_MODULE = join(__dirname, "..", "providers");

/** The three providers that a mesh needs, at the versions that the cdktf bindings pin. */
export const PROVIDERS = [
  { name: "null", version: "3.2.4" },
  { name: "local", version: "2.6.1" },
  { name: "consul", version: "2.22.1" },
];

/** A platform in Go's names, for which Terraform keeps a folder in a mirror. */
export interface Platform {
  os: string;
  arch: string;
}

/** The platform of this machine. */
export function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch === "x64" ? "amd64" : process.arch };
}

/** Builds the stand-in providers as a filesystem mirror, once for each state of their sources, and returns its path. */
export async function standInMirror(report: Report): Promise<string> {
  return cached(
    standInKey(),
    async (draft) => {
      report("building the stand-in providers (half a minute, once)");
      const built: string[] = [];
      for (const platform of platforms()) {
        for (const { name, version } of PROVIDERS) {
          const file = join(providerFolder(name, version, platform), `terraform-provider-${name}_v${version}`);
          mkdirSync(dirname(join(draft, file)), { recursive: true });
          await goBuild({ module: STAND_IN_MODULE, package: `./${name}`, output: join(draft, file), platform }, report);
          built.push(file);
        }
      }
      writeFileSync(join(draft, "id"), hashOf(draft, built));
    },
    () => report("another run is building the stand-in providers, waiting for it"),
  );
}

/** The stand-ins' folder in the cache: a changed source is a new folder. */
export function standInKey(): string {
  return `providers-${hashOf(STAND_IN_MODULE, goSources(STAND_IN_MODULE))}`;
}

/** Which of the three a mirror lacks for this machine: unpacked or as archives, both layouts of Terraform are known. */
export function missingFrom(mirror: string): string[] {
  const { os, arch } = thisPlatform();
  const lacks = ({ name, version }: { name: string; version: string }) => {
    const packed = `terraform-provider-${name}_${version}_${os}_${arch}.zip`;
    const base = join(mirror, addressFolder(name));
    return ![join(base, version, `${os}_${arch}`), join(base, packed)].some(existsSync);
  };
  return PROVIDERS.filter(lacks).map(({ name, version }) => `hashicorp/${name} ${version}`);
}

/** cdktf locks the providers for linux_amd64 whatever it runs on: that platform is always in the mirror. */
function platforms(): Platform[] {
  const here = thisPlatform();
  const locked = { os: "linux", arch: "amd64" };
  return here.os === locked.os && here.arch === locked.arch ? [here] : [here, locked];
}

function addressFolder(name: string): string {
  return join("registry.terraform.io", "hashicorp", name);
}

function providerFolder(name: string, version: string, { os, arch }: Platform): string {
  return join(addressFolder(name), version, `${os}_${arch}`);
}
