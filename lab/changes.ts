/** Files written on a machine: the difference between its file system and the root that all machines share. */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { specOf } from "./known";
import { machinesFolder } from "./places";

// Not on disk, or written by every machine just by running.
const ignored = new Set([
  "/dev",
  "/proc",
  "/run",
  "/sys",
  "/tmp",
  "/var/cache",
  "/var/log",
  "/var/tmp",
  "/var/lib/systemd",
]);

/** Terraform's own, empty and gone after some seconds. */
const passing = /\/\.gatehouse-\d+\.sh$/;

/** Each path that differs, with its type, mode, owner and content (a hash or a link's target), or `removed`. */
export function changes(name: string): Record<string, string> {
  const found: Record<string, string> = {};
  compare(specOf(name).root, join(machinesFolder, name, "root"), "", found);
  return found;
}

function compare(before: string, after: string, path: string, found: Record<string, string>): void {
  const old = entries(before + path);
  const now = entries(after + path);
  for (const entry of new Set([...old, ...now])) {
    const inner = `${path}/${entry}`;
    if (ignored.has(inner) || passing.test(inner)) continue;
    const [was, is] = [look(before + inner), look(after + inner)];
    if (!is) found[inner] = "removed";
    else if (!was || !same(before, after, inner, was, is)) found[inner] = describe(after + inner, is);
    if (is?.isDirectory()) compare(before, after, inner, found);
  }
}

/** The same size and time mean the same content, as for rsync. */
function same(before: string, after: string, path: string, was: Stats, is: Stats): boolean {
  const untouched = was.mode === is.mode && was.uid === is.uid && was.gid === is.gid;
  if (untouched && was.isFile() && was.size === is.size && was.mtimeMs === is.mtimeMs) return true;
  return describe(before + path, was) === describe(after + path, is);
}

function describe(path: string, stats: Stats): string {
  const owner = `${(stats.mode & 0o7777).toString(8)} ${stats.uid}:${stats.gid}`;
  if (stats.isDirectory()) return `folder ${owner}`;
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (!stats.isFile()) return `special ${owner}`;
  return `file ${owner} ${createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16)}`;
}

const look = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

function entries(folder: string): string[] {
  return look(folder)?.isDirectory() ? readdirSync(folder) : [];
}
