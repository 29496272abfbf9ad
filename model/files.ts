/** The files that a declaration names, as the checks see them. */
import { createHash } from "node:crypto";
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Path, Problems } from "./checking/problem";
import type { View } from "./checking/view";
import { type PackedFolder, packedFolder } from "./folder";

/** The file system as the checks see it; tests have their own. */
export interface Files {
  /** "missing", "unreadable", "folder", "file" or "executable". Relative paths count from the project's folder. */
  look(path: string): "missing" | "unreadable" | "folder" | "file" | "executable";
  absolute(path: string): string;
  /** Where a file or folder really is, without links. @default as `absolute` */
  real?(path: string): string;
  sha256(path: string): string;
  /**
   * A folder as it is packed for a node.
   * @throws FolderFault for one that cannot be packed
   */
  pack(path: string): PackedFolder;
  /** The content as text; undefined when it is not UTF-8. */
  text(path: string): string | undefined;
  /** Private keys are where Terraform runs, which is elsewhere: none is looked for. @default false */
  keysElsewhere?: boolean;
  /** The mesh is to be read and not deployed: what only a deploy needs may be missing. @default false */
  forReview?: boolean;
}

/** Stands for the checksum of a file that is not there to be read. */
export const UNKNOWN_SHA256 = "0".repeat(64);

/** Relative paths count from `folder`. A hash is computed once, however many services share the file or folder. */
export function nodeFiles(folder: string = process.cwd()): Files {
  const hashes = new Map<string, string>();
  const packed = new Map<string, PackedFolder>();
  const absolute = (path: string) => resolve(folder, path);
  return {
    absolute,
    real(path) {
      try {
        return realpathSync(absolute(path));
      } catch {
        return absolute(path); // it is not there
      }
    },
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
    text(path) {
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(absolute(path)));
      } catch {
        return undefined;
      }
    },
    sha256(path) {
      const real = realpathSync(absolute(path));
      const known = hashes.get(real);
      if (known !== undefined) return known;
      const hash = hashOf(real);
      hashes.set(real, hash);
      return hash;
    },
    pack(path) {
      const found = packed.get(absolute(path)) ?? packedFolder(absolute(path));
      packed.set(absolute(path), found);
      return found;
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

/** Reports a file that cannot be read. Says whether there is one that can. */
export function checkFile(
  file: string | undefined,
  path: Path,
  remedy: string,
  view: View,
  problems: Problems,
): boolean {
  if (file === undefined) return false;
  const look = view.files.look(file);
  if (look === "file" || look === "executable") return true;
  const where = view.files.absolute(file);
  const reasons = {
    missing: `there is no such file (${where})`,
    unreadable: `the file cannot be read (${where})`,
    folder: `this is a folder, not a file (${where})`,
  };
  problems.add(path, file, { reason: reasons[look], remedy, onlyForDeploy: look === "missing" });
  return false;
}
