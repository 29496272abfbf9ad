/** Files of the project that no node may have. */
import type { Fault } from "./checking/problem";
import type { View } from "./checking/view";

/** Why a folder must not go to a node as a whole: secrets, keys or Terraform's state are in it. */
export function privateFault(folder: string, { files, declaration, nodes }: View): Fault | undefined {
  const ssh = [declaration.ssh, declaration.ssh?.bastion, ...nodes.entries.map(([, node]) => node.ssh)];
  const keys = ssh.flatMap((one) => (one?.privateKeyFile === undefined ? [] : [one.privateKeyFile]));
  const found: [reason: string, path: string][] = [
    ["the whole project is in this folder: its keys, secrets and Terraform's state would go to the node", "."],
    ["the mesh's secrets are in this folder", "secrets"],
    ...keys.map((path): [string, string] => ["a private key of ssh is in this folder", path]),
  ];
  const first = found.find(([, path]) => isIn(files.absolute(path), folder));
  if (!first) return undefined;
  const [reason, path] = first;
  return {
    reason: path === "." ? reason : `${reason} (${files.absolute(path)})`,
    remedy: "name the folder with what the program needs alone, such as `dist/`",
  };
}

const isIn = (path: string, folder: string): boolean =>
  `${path}/`.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
