/** The files of a service that runs more than one executable file: a folder or an archive of the project, or an artifact. */
import { basename, extname, posix } from "node:path";
import { z } from "zod";
import { field, text } from "./checking/fields";
import type { Fault, Path, Problems } from "./checking/problem";
import type { Sound, View } from "./checking/view";
import { type Files, UNKNOWN_SHA256 } from "./files";
import { FolderFault, type PackedFolder } from "./folder";
import { filledTextFault, sha256Fault, textFault } from "./formats/text";
import { privateFault } from "./private-files";

/** Files of the project. */
export interface FilesDeclaration {
  /**
   * Path from the project's folder: a folder, an archive (`.tar`, `.tar.gz`, `.tgz` or `.zip`), which is unpacked on the node, or
   * another file, such as a `.jar`. A deploy copies it to the node, once for all services there, and only root can write to it.
   * The command runs in it.
   */
  files: string;
}

/** A file that the node fetches. */
export interface ArtifactDeclaration {
  artifact: {
    /** `https://…`, or `http://…`, since the file is compared with `sha256`. Redirects are followed. */
    url: string;
    /** SHA-256 of the file, 64 hex digits. Another one is another release. */
    sha256: string;
    /**
     * `tar`, `tar.gz` and `zip` are unpacked; a `file` is kept as it is, and is the program unless there is a `command`.
     * @default what the end of the URL's path says: `.tar`, `.tar.gz`, `.tgz`, `.zip`, and `file` otherwise
     */
    format?: ArtifactFormat;
  };
}

/** Formats of archives. */
export type ArchiveFormat = "tar" | "tar.gz" | "zip";
export type ArtifactFormat = ArchiveFormat | "file";

/** A file or a folder that is brought to a node, under its SHA-256. */
export interface Binary {
  /** Absolute path on the machine that deploys; of an artifact its URL. */
  path: string;
  /** Lower-case hex. Zeros when the file is missing. */
  sha256: string;
  /** There is no such file yet: such a mesh can be read and not deployed. */
  missing?: boolean;
  /** The node unpacks it. */
  archive?: ArchiveFormat;
  /** It is a folder here, and packed for the way. */
  folder?: Pick<PackedFolder, "files" | "bytes">;
  /** The node fetches it from there. */
  url?: string;
}

const FILES = "write the path of a folder, an archive or a file, from the project's folder, for example `dist/`";
const ARTIFACT = 'write `{ url: "https://…/shop-1.4.tar.gz", sha256: "…" }`';

/** Fields of `run`. */
export const contentSchema = {
  files: text(FILES, filledTextFault).optional(),
  artifact: field(
    z.strictObject({
      url: text("write the address that the node fetches it from", urlFault),
      sha256: text("write what `sha256sum` says of the file", sha256Fault),
      format: field(
        z.enum(["tar", "tar.gz", "zip", "file"]),
        "write `tar`, `tar.gz`, `zip` or `file`, or leave it out: the end of the URL says it",
      ).optional(),
    }),
    ARTIFACT,
  ).optional(),
};

function urlFault(url: string): Fault | undefined {
  const remedy = "write an address like `https://downloads.example.org/shop-1.4.tar.gz`";
  const fault = textFault(url);
  if (fault) return fault;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["http:", "https:"].includes(parsed.protocol))
    return { reason: "it is no http or https address", remedy };
  if (parsed.username || parsed.password)
    return { reason: "a password in it would stand in Terraform's state", remedy: "use an address that needs none" };
  return undefined;
}

const SUFFIXES: [RegExp, ArchiveFormat][] = [
  [/\.tar$/i, "tar"],
  [/\.(tar\.gz|tgz)$/i, "tar.gz"],
  [/\.zip$/i, "zip"],
];

const formatOf = (name: string): ArchiveFormat | undefined => SUFFIXES.find(([suffix]) => suffix.test(name))?.[1];

const BUILT = "write the path of a folder, an archive or a file from the project's folder; is it built yet?";

/** Files are there, can be packed, and hold the program that the command names. */
export function checkFiles(
  { files, command }: Sound<FilesDeclaration & { command: string[] }>,
  path: Path,
  view: View,
  problems: Problems,
): void {
  if (files === undefined) return;
  const at = [...path, "files"];
  const look = view.files.look(files);
  const where = view.files.absolute(files);
  if (look === "missing" || look === "unreadable") {
    const reason = look === "missing" ? `there is nothing (${where})` : `it cannot be read (${where})`;
    problems.add(at, files, { reason, remedy: BUILT, onlyForDeploy: look === "missing" });
    return;
  }
  const fault = privateFault(files, view) ?? (look === "folder" ? folderFault(files, view.files) : undefined);
  if (fault) problems.add(at, files, fault);
  else if (look === "folder" && command?.[0] !== undefined)
    checkInside(files, command[0], [...path, "command", 0], view, problems);
}

function folderFault(folder: string, files: Files): Fault | undefined {
  try {
    if (files.pack(folder).files > 0) return undefined;
    return { reason: `there is no file in it (${files.absolute(folder)})`, remedy: BUILT, onlyForDeploy: true };
  } catch (error) {
    if (!(error instanceof FolderFault)) throw error;
    const { entry, reason, remedy } = error;
    return { reason: entry ? `${files.absolute(posix.join(folder, entry))}: ${reason}` : reason, remedy };
  }
}

/** A program of the folder itself is there, and may be run. */
export function checkInside(folder: string, program: string, path: Path, view: View, problems: Problems): void {
  if (program.startsWith("/") || commandFault(program)) return;
  const look = view.files.look(posix.join(folder, program));
  if (look === "executable") return;
  const where = view.files.absolute(posix.join(folder, program));
  problems.add(path, program, {
    reason:
      look === "file" ? `the file is not executable (${where})` : `there is no such program in the folder (${where})`,
    remedy:
      look === "file"
        ? `make it executable: \`chmod +x ${posix.join(folder, program)}\`, or name the program that starts it first: \`["/usr/bin/node", "${program}"]\``
        : "name a program in the folder, or one of the node by its full path: `/usr/bin/node`",
  });
}

/** The command of files and artifacts names a program in them by a relative path. Absolute ones are checked elsewhere. */
export function commandFault(program: string): Fault | undefined {
  const remedy =
    "write a path in the folder, such as `bin/server`, or the full path of a program of the node: `/usr/bin/node`";
  if (program === "" || program.endsWith("/")) return { reason: "it names no file", remedy };
  return program.split("/").includes("..") ? { reason: "it leads out of the folder", remedy } : undefined;
}

/** The files that a deploy brings to the nodes of a service. */
export function resolveFiles(declared: string, files: Files): Binary {
  const path = files.absolute(declared);
  const look = files.look(declared);
  const archive = formatOf(declared);
  if (look === "missing") {
    // Only its name says what it is going to be.
    const kind = archive ?? (extname(declared) === "" ? "tar" : undefined);
    return { path, sha256: UNKNOWN_SHA256, missing: true, ...(kind && { archive: kind }) };
  }
  if (look !== "folder") return { path, sha256: files.sha256(declared), ...(archive && { archive }) };
  const { sha256, ...folder } = files.pack(declared);
  return { path, sha256, archive: "tar", folder };
}

export function resolveArtifact(artifact: ArtifactDeclaration["artifact"]): Binary {
  const { url, sha256 } = artifact;
  const archive = archiveOf(artifact);
  return { path: url, sha256: sha256.toLowerCase(), ...(archive && { archive }), url };
}

function archiveOf({
  url,
  format,
}: Pick<ArtifactDeclaration["artifact"], "url" | "format">): ArchiveFormat | undefined {
  const found = format ?? formatOf(basename(new URL(url).pathname));
  return found === "file" ? undefined : found;
}

/** Whether an artifact is unpacked. One whose address cannot be read is a problem already. */
export const isArchive = ({ url, format }: Sound<ArtifactDeclaration["artifact"]>): boolean =>
  url !== undefined && archiveOf({ url, ...(format && { format }) }) !== undefined;
