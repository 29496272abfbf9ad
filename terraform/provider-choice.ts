import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { cacheRoot, missingFrom, part, type Report, registryAnswers, which, writeWhole } from "../toolchain";
import { COMPLETE, namedTerraform } from "./env";
import { allowStandIns } from "./stand-ins";

/** Where a run's Terraform providers come from. */
export interface ProviderChoice {
  /** `own`: the person's Terraform configuration says where providers come from. */
  from: "mirror" | "own" | "registry" | "stand-ins";
  /** Changes whenever other binaries are chosen: a lock file made with one choice does not fit another. */
  id: string;
  /** The mirror folder of `mirror` and `stand-ins`. */
  mirror?: string;
  /** Variables that a child process needs, on top of this process's environment. */
  env: Record<string, string>;
}

/** Neither Terraform nor cdktf calls home, and what is synthesized is for Terraform to run. */
const ALWAYS = { CHECKPOINT_DISABLE: "1", DISABLE_VERSION_CHECK: "1", ...COMPLETE };

/** Chooses the providers: the named mirror, else the person's own setting, else the registry, else the stand-ins where they are allowed. */
export async function chooseProviders(report: Report): Promise<ProviderChoice> {
  const choice = await choose(report);
  const folder = await terraformFolder(report);
  if (folder) choice.env.PATH = [folder, process.env.PATH ?? ""].join(delimiter);
  return choice;
}

async function choose(report: Report): Promise<ProviderChoice> {
  const named = process.env.GATEHOUSE_PROVIDER_MIRROR;
  if (named) {
    const mirror = checkMirror(named);
    return { from: "mirror", id: `mirror ${mirror}`, mirror, env: mirrorEnv(mirror) };
  }
  if (hasOwnInstallation()) return { from: "own", id: "registry", env: usualEnv() };
  if (await registryAnswers()) return { from: "registry", id: "registry", env: usualEnv() };
  allowStandIns();
  const mirror = await part("providers", report);
  report("Terraform's registry does not answer: using Gatehouse's stand-in providers (see providers/README.md)");
  return {
    from: "stand-ins",
    id: `stand-ins ${readFileSync(join(mirror, "id"), "utf8")}`,
    mirror,
    env: { ...mirrorEnv(mirror), GATEHOUSE_STAND_INS: "1" },
  };
}

function checkMirror(named: string): string {
  const mirror = resolve(named);
  if (!existsSync(mirror)) throw new Error(`GATEHOUSE_PROVIDER_MIRROR is ${named}, but there is no such folder.`);
  const missing = missingFrom(mirror);
  if (missing.length === 0) return mirror;
  const remedy = "Fill it with `terraform providers mirror FOLDER` where the registry answers, or unset the variable.";
  throw new Error(
    `GATEHOUSE_PROVIDER_MIRROR is ${named}, but it lacks ${missing.join(", ")} for this machine. ${remedy}`,
  );
}

/** A person who wrote down where providers come from (a company's mirror, say) meant it: that stays. */
function hasOwnInstallation(): boolean {
  return /^\s*provider_installation\b/m.test(theirSettings());
}

/** The person's own settings of Terraform's command line: tokens of Terraform Cloud, for instance. */
function theirSettings(): string {
  const ours = isOurs(process.env.TF_CLI_CONFIG_FILE ?? "") ? process.env.TF_CLI_CONFIG_FILE : undefined;
  const file = theirConfig() ?? ours ?? join(homedir(), ".terraformrc");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return ours === file ? text.replace(/^provider_installation \{.*?^\}\n/ms, "") : text;
}

/** TF_CLI_CONFIG_FILE, unless an earlier `npm run env` of ours set it or it names nothing. */
function theirConfig(): string | undefined {
  const file = process.env.TF_CLI_CONFIG_FILE;
  return file && existsSync(file) && !isOurs(file) ? file : undefined;
}

function isOurs(text: string): boolean {
  return text.includes(cacheRoot());
}

/** Takes back what an earlier choice left in this shell; a config file that does not exist makes Terraform warn. */
function usualEnv(): Record<string, string> {
  const env: Record<string, string> = {
    ...ALWAYS,
    ...(process.env.GATEHOUSE_STAND_INS && { GATEHOUSE_STAND_INS: "" }),
  };
  if (process.env.TF_CLI_CONFIG_FILE && !theirConfig()) env.TF_CLI_CONFIG_FILE = cliConfig("");
  if (isOurs(process.env.TF_CLI_ARGS_providers_lock ?? "")) env.TF_CLI_ARGS_providers_lock = "";
  return env;
}

/** cdktf's own plugin cache is off: it would put these binaries where other projects look for the real ones. */
function mirrorEnv(mirror: string): Record<string, string> {
  const installation = `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`;
  return {
    ...ALWAYS,
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    // Terraform reads one such file: theirs must not be lost.
    TF_CLI_CONFIG_FILE: cliConfig(installation + (hasOwnInstallation() ? "" : theirSettings())),
    TF_CLI_ARGS_providers_lock: `-fs-mirror=${JSON.stringify(mirror)}`,
  };
}

/** One file a content, so that two runs that choose differently do not disturb each other. */
function cliConfig(text: string): string {
  const name = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const file = join(cacheRoot(), "terraform-cli", `${name}.tfrc`);
  writeWhole(file, text, 0o600);
  return file;
}

/** Undefined where a person chose a program, or Terraform is on the PATH. */
async function terraformFolder(report: Report): Promise<string | undefined> {
  if (namedTerraform()) return undefined;
  const terraform = await part("terraform", report);
  return terraform === which("terraform") ? undefined : dirname(terraform);
}
