/** The things of a node that a service runs with: programs, users, groups, folders. */
import { dirname, join } from "node:path";
import type { Binary, Service } from "../model";
import type { FilesHere } from "./plan";

export interface WantedCommand {
  /** An absolute path on the node, or a name that the node looks up. */
  command: string;
  service: string;
  /** The file of the project that the command starts. @default it is the service's own command */
  starts?: string;
}

/** @param here reads the service's files */
export function commandsOf(service: Service, here: FilesHere): WantedCommand[] {
  return programsOf(service).flatMap((program) => {
    if (program?.startsWith("/")) return [{ command: program, service: service.name }];
    const starts = startedFile(service, program);
    const interpreter = starts && here.interpreter(starts);
    return interpreter ? [{ command: interpreter, service: service.name, starts }] : [];
  });
}

/** Programs of its command and of those before a release; undefined for its binary. */
const programsOf = ({ command, before = [] }: Service): (string | undefined)[] => [
  ...new Set([command?.[0], ...before.map(([program]) => program)]),
];

/** A file of the project that is built for one kind of processor. */
export interface Build {
  service: string;
  file: string;
  processor: string;
}

export function buildsOf(service: Service, here: FilesHere): Build[] {
  return programsOf(service).flatMap((program) => {
    const file = program?.startsWith("/") ? undefined : startedFile(service, program);
    const processor = file && here.processor(file);
    return processor ? [{ service: service.name, file, processor }] : [];
  });
}

/** The file of the project that a service starts. Into an archive or an artifact the node looks, when it has it. */
function startedFile({ binary, command }: Service, program: string | undefined): string | undefined {
  if (!binary || binary.missing || binary.url !== undefined) return undefined;
  if (!command || program === undefined) return binary.path;
  if (binary.archive && !binary.folder) return undefined;
  return join(binary.folder ? binary.path : dirname(binary.path), program);
}

/** Bytes that a node needs for what a deploy brings: an archive is there packed and unpacked. What it fetches it measures itself. */
export function bytesOf({ path, archive, folder, missing, url }: Binary, here: FilesHere): number {
  if (missing || url !== undefined) return 0;
  if (folder) return 2 * folder.bytes;
  return here.size(path) * (archive === undefined ? 1 : archive === "tar" ? 2 : UNPACKED);
}

/** How often a compressed archive's size its content may have. */
const UNPACKED = 5;

/** Something of the node that a service declares. */
export interface Need {
  /** "path": a folder or a file. */
  kind: "user" | "group" | "folder" | "path";
  name: string;
  service: string;
  /** The field of `run`. */
  field: string;
}

export function needsOf({ name: service, user, group, workingDirectory, readWritePaths = [] }: Service): Need[] {
  const one = (kind: Need["kind"], field: string, name?: string): Need[] =>
    name === undefined ? [] : [{ kind, name, service, field }];
  return [
    ...one("user", "user", user),
    ...one("group", "group", group),
    ...one("folder", "workingDirectory", workingDirectory),
    ...readWritePaths.flatMap((path) => one("path", "readWritePaths", path)),
  ];
}

/** The names of the needs of one kind, each once. */
export const namesOf = (needs: Need[], kind: Need["kind"]): string[] => [
  ...new Set(needs.filter((need) => need.kind === kind).map(({ name }) => name)),
];
