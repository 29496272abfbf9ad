/** A folder of the project, packed for a node: the same folder is the same archive on every machine. */
import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, realpathSync, type Stats } from "node:fs";
import { join, posix } from "node:path";
import { type TarEntry, tarEnd, tarHeader, tarPadding } from "./tar";

/** A folder as it is packed. */
export interface PackedFolder {
  /** The hash of the archive, in hex. */
  sha256: string;
  files: number;
  /** The sum of all files. */
  bytes: number;
}

/** Thrown for a folder that cannot be packed. */
export class FolderFault extends Error {
  constructor(
    /** The path in the folder; empty for the folder itself. */
    readonly entry: string,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`${entry}: ${reason}`);
  }
}

/** As many as a node unpacks: see node/content. */
const MOST_ENTRIES = 200_000;
const GiB = 1024 ** 3;
const MOST_BYTES = 4 * GiB;

/** @throws FolderFault */
export function packedFolder(folder: string): PackedFolder {
  const hash = createHash("sha256");
  const entries = entriesOf(folder);
  for (const piece of packing(folder, entries)) hash.update(piece);
  const files = entries.filter(({ kind }) => kind === "file");
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { sha256: hash.digest("hex"), files: files.length, bytes };
}

/**
 * The archive in pieces. A piece is valid until the next one is asked for.
 * @throws FolderFault
 */
export function* packing(folder: string, entries = entriesOf(folder)): Generator<Buffer> {
  for (const entry of entries) {
    yield tarHeader(entry);
    if (entry.kind !== "file") continue;
    yield* contentOf(join(folder, entry.name), entry);
    yield tarPadding(entry.size);
  }
  yield tarEnd();
}

function* contentOf(path: string, { name, size }: TarEntry): Generator<Buffer> {
  const piece = Buffer.allocUnsafe(1 << 20);
  const file = reading(name, () => openSync(path, "r"));
  let left = size;
  try {
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      left -= length;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
  if (left !== 0) throw new FolderFault(name, "the file changed while it was read", "try again when it is built");
}

/** Everything in a folder, in the order of its names' bytes. */
function entriesOf(folder: string): TarEntry[] {
  const entries: TarEntry[] = [];
  let bytes = 0;
  const walk = (at: string) => {
    for (const step of reading(at, () => readdirSync(join(folder, at)))) {
      const name = at === "" ? step : `${at}/${step}`;
      const entry = entryOf(folder, name);
      entries.push(entry);
      bytes += entry.size;
      if (entries.length > MOST_ENTRIES) throw tooLarge(`it has more than ${MOST_ENTRIES} files, folders and links`);
      if (bytes > MOST_BYTES) throw tooLarge(`it has more than ${MOST_BYTES / GiB} GiB`);
      if (entry.kind === "folder") walk(name);
    }
  };
  walk("");
  const sorted = entries.map((entry) => ({ entry, key: Buffer.from(entry.name) }));
  return sorted.sort((one, other) => Buffer.compare(one.key, other.key)).map(({ entry }) => entry);
}

const tooLarge = (reason: string) =>
  new FolderFault("", reason, "name the folder with what the program needs alone, such as `dist/`");

function entryOf(folder: string, name: string): TarEntry {
  const stat = reading(name, () => lstatSync(join(folder, name)));
  const entry: TarEntry = { name, kind: "file", executable: false, size: 0, target: "" };
  if (stat.isDirectory()) return { ...entry, kind: "folder" };
  if (stat.isSymbolicLink()) return { ...entry, kind: "link", target: targetOf(folder, name) };
  if (!stat.isFile()) {
    throw new FolderFault(name, `it is a ${kindOf(stat)}, which cannot be copied`, "take it out of the folder");
  }
  return { ...entry, executable: (stat.mode & 0o100) !== 0, size: stat.size };
}

/** A node refuses one that leads out, since it would be another file there. */
function targetOf(folder: string, name: string): string {
  const target = reading(name, () => readlinkSync(join(folder, name)));
  const above = (path: string) => path === ".." || path.startsWith("../");
  // A link may lead through others: where that ends is known if there is something.
  const ends = posix.relative(realpathSync(folder), whereItEnds(join(folder, name)) ?? realpathSync(folder));
  if (posix.isAbsolute(target) || above(posix.join(posix.dirname(name), target)) || above(ends)) {
    throw new FolderFault(
      name,
      `it is a link that leads out of the folder, to ${target}`,
      "put a copy there (a Python environment: `python3 -m venv --copies`), or have the command name the program of the node",
    );
  }
  return target;
}

function whereItEnds(path: string): string | undefined {
  try {
    return realpathSync.native(path); // the other one takes `link/..` for the folder with the link
  } catch {
    return undefined;
  }
}

const kindOf = (stat: Stats): string => (stat.isSocket() ? "socket" : stat.isFIFO() ? "pipe" : "device");

function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new FolderFault(name, `it cannot be read (${code})`, "make it readable, or take it out of the folder");
  }
}
