/** The things of a node that a service runs with: programs, users, groups, folders. */
import type { Service } from "../model";
import type { FilesHere } from "./plan";

export interface WantedCommand {
  /** An absolute path on the node, or a name that the node looks up. */
  command: string;
  service: string;
  /** The file of the project that the command starts. @default it is the service's own command */
  starts?: string;
}

/** @param here reads the service's binary */
export function commandsOf({ name, binary, command }: Service, here: FilesHere): WantedCommand[] {
  if (command?.[0] !== undefined) return [{ command: command[0], service: name }];
  const interpreter = binary && here.interpreter(binary.path);
  return interpreter ? [{ command: interpreter, service: name, starts: binary.path }] : [];
}

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
