/** The real file system, as the checks see it. */
import { createHash } from "node:crypto";
import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Files } from "./mesh";

/** Stands for the checksum of a file that is not there to be read. */
export const UNKNOWN_SHA256 = "0".repeat(64);

/** Relative paths count from `folder`. A file's hash is computed once, however many services share the file. */
export function nodeFiles(folder: string = process.cwd()): Files {
  const hashes = new Map<string, string>();
  const absolute = (path: string) => resolve(folder, path);
  return {
    absolute,
    look(path) {
      try {
        const stat = statSync(absolute(path));
        if (stat.isDirectory()) return "folder";
        // A device or a pipe has no content that could be copied.
        if (!stat.isFile()) return "unreadable";
      } catch (error) {
        return isPermission(error) ? "unreadable" : "missing";
      }
      if (!may(absolute(path), constants.R_OK)) return "unreadable";
      return may(absolute(path), constants.X_OK) ? "executable" : "file";
    },
    sha256(path) {
      const real = realpathSync(absolute(path));
      const known = hashes.get(real);
      if (known !== undefined) return known;
      const hash = hashOf(real);
      hashes.set(real, hash);
      return hash;
    },
  };
}

/** In pieces: a binary may be larger than a buffer can be. */
function hashOf(path: string): string {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, "r");
  try {
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece))
      hash.update(piece.subarray(0, length));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function isPermission(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EACCES";
}
