/** Files of the project that no node may have. */
import { basename } from "node:path";
import type { Fault } from "./checking/problem";
import type { View } from "./checking/view";

/** Why a file or a folder must not go to a node: it is, or has in it, secrets, keys or Terraform's state. Links are followed. */
export function privateFault(path: string, view: View): Fault | undefined {
  const judge = view.files.look(path) === "folder" ? folderFault : fileFault;
  return placesOf(path, view)
    .map((place) => judge(place, view))
    .find((fault) => fault !== undefined);
}

/** Where it is by its name, and without links. */
const placesOf = (path: string, { files }: View): string[] => [
  ...new Set([files.absolute(path), files.real?.(path) ?? files.absolute(path)]),
];

function folderFault(folder: string, view: View): Fault | undefined {
  const found: [reason: string, path: string][] = [
    ["the whole project is in this folder: its keys, secrets and Terraform's state would go to the node", "."],
    ["the mesh's secrets are in this folder", "secrets"],
    ...keysOf(view).map((path): [string, string] => ["a private key of ssh is in this folder", path]),
  ];
  const first = found.find(([, path]) => placesOf(path, view).some((place) => isIn(place, folder)));
  if (!first) return fileFault(folder, view);
  const [reason, path] = first;
  return {
    reason: path === "." ? reason : `${reason} (${view.files.absolute(path)})`,
    remedy: "name the folder with what the program needs alone, such as `dist/`",
  };
}

function fileFault(file: string, view: View): Fault | undefined {
  if (placesOf("secrets", view).some((secrets) => isIn(file, secrets)))
    return ofAFile(`among the mesh's secrets (${file})`);
  if (keysOf(view).some((key) => placesOf(key, view).includes(file))) return ofAFile(`a private key of ssh (${file})`);
  if (/\.tfstate(\.backup)?$/.test(basename(file))) return ofAFile(`a state of Terraform, with tokens (${file})`);
  return undefined;
}

const ofAFile = (what: string): Fault => ({
  reason: `this is ${what}, and would go to the node`,
  remedy:
    "name another file; a service gets a secret of its own by `run.secrets`, or by `secret` under `run.configFiles`",
});

function keysOf({ declaration, nodes }: View): string[] {
  const ssh = [declaration.ssh, declaration.ssh?.bastion, ...nodes.entries.map(([, node]) => node.ssh)];
  return ssh.flatMap((one) => (one?.privateKeyFile === undefined ? [] : [one.privateKeyFile]));
}

const isIn = (path: string, folder: string): boolean =>
  `${path}/`.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
