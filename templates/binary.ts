/** The program of a service on a node. */
import { basename } from "node:path";
import { type Binary, layout, type Service } from "../model";

/** Its path there. */
export const binaryPath = ({ path, sha256 }: Binary): string =>
  `${layout.folders.binaries}/${sha256}/${binaryName(path)}`;

/** The binary keeps its name, for `ps`, as far as the name is harmless in a unit and a shell. */
export const binaryName = (path: string): string => basename(path).replace(/[^A-Za-z0-9._-]/g, "_");

/** The command line of its unit. */
export const commandOf = ({ binary, command = [], args }: Service): string[] => [
  ...(binary ? [binaryPath(binary)] : command),
  ...args,
];
