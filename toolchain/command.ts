import { type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Runs a program to its end; a failure is one error with the command and the last lines that it printed. */
export function run(file: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  const env = { ...process.env, ...options.env };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, env, stdio: ["ignore", "pipe", "pipe"] });
    const printed: Buffer[] = [];
    child.stdout?.on("data", (part: Buffer) => printed.push(part));
    child.stderr?.on("data", (part: Buffer) => printed.push(part));
    const fail = (why: string) => {
      const tail = Buffer.concat(printed).toString().split("\n").slice(-20).join("\n");
      reject(new Error(`${[file, ...args].join(" ")}: ${why}\n${tail}`.trimEnd()));
    };
    child.on("error", (error) => fail(error.message));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(printed).toString());
      else fail(code === null ? `ended by ${signal}` : `exit ${code}`);
    });
  });
}

/** The program's absolute path by PATH and the extra folders, or undefined. */
export function which(program: string, extra: string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...extra];
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

/** The first version number in what a program prints about itself, as numbers: "Consul v1.22.7" is [1, 22, 7]. */
export async function versionOf(program: string, args: string[]): Promise<number[]> {
  const env = { CHECKPOINT_DISABLE: "1", GOTOOLCHAIN: "local" };
  const printed = await run(program, args, { env }).catch(() => "");
  const found = /\d+(\.\d+)+/.exec(printed);
  return found ? found[0].split(".").map(Number) : [];
}

/** Whether version `have` is `want` or newer. An unreadable version is older than everything. */
export function atLeast(have: number[], want: number[]): boolean {
  if (have.length === 0) return false;
  const differs = want.findIndex((part, i) => (have[i] ?? 0) !== part);
  return differs === -1 || (have[differs] ?? 0) > (want[differs] ?? 0);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
