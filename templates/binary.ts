/** The program of a service on a node. */
import { basename } from "node:path";
import { type Binary, layout, type Service } from "../model";

/** The folder that an archive is unpacked into, next to nothing else (node/instance/unpack.go). */
const UNPACKED = "files";

/** Its path there: of a file, or of the folder that it is unpacked into. */
export const binaryPath = (binary: Binary): string => `${placeOf(binary)}/${nameOnNode(binary)}`;

const placeOf = ({ sha256 }: Binary): string => `${layout.folders.binaries}/${sha256}`;

/** A file keeps its name, for `ps`, as far as the name is harmless in a unit and a shell. */
export function nameOnNode({ path, archive, url }: Binary): string {
  if (archive) return UNPACKED;
  const name = basename(url === undefined ? path : new URL(url).pathname) || "artifact";
  return name.replace(/[^A-Za-z0-9._-]/g, "_");
}

/** Whether a service runs the file itself, rather than a command in its folder. */
export const runsItself = ({ binary, command }: Service): boolean => binary !== undefined && command === undefined;

/** The folder of the files that a command runs in. Undefined for a program that is one file, or the node's own. */
export function filesFolder({ binary, command }: Service): string | undefined {
  if (!binary || (!command && !binary.url)) return undefined;
  return binary.archive ? binaryPath(binary) : placeOf(binary);
}

/** A command before a release of it, with its program's full path. */
export function commandBefore(service: Service, [program = "", ...rest]: string[]): string[] {
  const { binary } = service;
  if (program.startsWith("/") || !binary) return [program, ...rest];
  const folder = filesFolder(service) ?? placeOf(binary);
  return [runsItself(service) && !binary.archive && !binary.url ? binaryPath(binary) : `${folder}/${program}`, ...rest];
}

/** The command of its unit: the program with its full path, and all arguments. */
export function commandOf(service: Service): string[] {
  const { binary, command = [], args } = service;
  if (runsItself(service)) return [binaryPath(binary!), ...args];
  const [program = "", ...rest] = command;
  return [program.startsWith("/") ? program : `${filesFolder(service)}/${program}`, ...rest, ...args];
}
