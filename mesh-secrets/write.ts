/** Writes a mesh's secrets to disk: for their owner alone, whole or not at all, and over nothing that is not known. */
import { randomUUID } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { formatSecrets, type Secrets, SecretsError } from "./document";
import { readFile } from "./read";

/**
 * Puts `secrets` in place of `before`, which is undefined where there was no file.
 * @param patience in milliseconds with another run, which holds the lock for the time of one rename
 * @returns false when the file has something else in it by now, which stays
 */
export async function replaceSecrets(
  file: string,
  before: Secrets | undefined,
  secrets: Secrets,
  patience = 10_000,
): Promise<boolean> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(dirname(file), 0o700);
  const final = before === undefined ? file : realpathSync(file);
  const draft = `${final}.${randomUUID()}`;
  const lock = `${final}.lock`;
  try {
    writeFileSync(draft, formatSecrets(secrets), { mode: 0o600, flag: "wx" });
    await takeLock(draft, lock, patience);
    try {
      if (!isDeepStrictEqual(readFile(file), before)) return false;
      renameSync(draft, final);
      return true;
    } finally {
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A link is made by one of several runs only. */
async function takeLock(draft: string, lock: string, patience: number): Promise<void> {
  for (const end = Date.now() + patience; ; await sleep(20)) {
    try {
      linkSync(draft, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (Date.now() > end) {
      throw new SecretsError(
        `${lock} is there: another run writes the secrets, or one was killed while it did. If none runs, remove it and run this again.`,
      );
    }
  }
}
