/** The programs of a node that a service starts, or that start its binary. */
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
