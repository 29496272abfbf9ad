import { randomBytes } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LONGEST_BUILD_MS = 60 * 60 * 1000;

/** The folder for everything made once and kept: outside the clone, so that a fresh clone starts warm. */
export function cacheRoot(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "gatehouse");
}

/**
 * Returns the cached folder `key`, made by `make` when it is not there yet. It appears whole or not at all, and where
 * two processes want it at once, one makes it and the other waits.
 * @param waiting called once when another process is making it
 */
export async function cached(
  key: string,
  make: (folder: string) => Promise<void>,
  waiting: () => void = () => {},
): Promise<string> {
  const final = join(cacheRoot(), key);
  if (existsSync(final)) return final;
  const unlock = await lock(`${final}.lock`, waiting);
  const draft = `${final}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    if (existsSync(final)) return final;
    removeDraftsOf(final);
    mkdirSync(draft, { recursive: true });
    await make(draft);
    moveIntoPlace(draft, final);
    return final;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    unlock();
  }
}

/** Writes a small file whole, so that no reader gets half of it. */
export function writeWhole(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

/** Half-made files of a run that was killed; the holder of the lock may remove them. */
function removeDraftsOf(final: string): void {
  for (const name of readdirSync(dirname(final))) {
    const isDraft = name.startsWith(`${basename(final)}.`) && !name.startsWith(`${basename(final)}.lock`);
    if (isDraft) rmSync(join(dirname(final), name), { recursive: true, force: true });
  }
}

function moveIntoPlace(draft: string, final: string): void {
  try {
    renameSync(draft, final);
  } catch (error) {
    if (!existsSync(final)) throw error; // someone else was first: theirs is as good
  }
}

/** The lock is a file with the holder's process id; one whose holder is gone does not count. */
async function lock(file: string, waiting: () => void): Promise<() => void> {
  mkdirSync(dirname(file), { recursive: true });
  for (let tries = 0; !take(file); tries++) {
    if (isStale(file)) {
      rmSync(file, { force: true });
      continue;
    }
    if (tries === 0) waiting();
    await sleep(500);
  }
  return () => rmSync(file, { force: true });
}

function take(file: string): boolean {
  const mine = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file); // creates the lock with its content in one step
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(mine);
  }
}

function isStale(file: string): boolean {
  try {
    if (Date.now() - statSync(file).mtimeMs > LONGEST_BUILD_MS) return true;
    process.kill(Number(readFileSync(file, "utf8")), 0); // signal 0 only asks whether it lives
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
