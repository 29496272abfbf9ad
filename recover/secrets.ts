/** The secrets of a mesh as its servers have them on disk. Pure. */

import type { Secrets } from "../mesh-secrets";
import { layout } from "../model";

/** The answer of a server to `READ_SECRETS`. */
export interface ReadServer {
  node: string;
  text: string;
}

const FILES = {
  settings: layout.files.agentSecrets,
  ca: layout.files.agentCa,
  ...layout.agentCertificate("server"),
};

/** For a shell: each file as a line of its name and its content in base64. */
export const READ_SECRETS = Object.entries(FILES)
  .map(([name, path]) => `if [ -r ${path} ]; then echo "${name} $(base64 -w 0 <${path})"; fi`)
  .join("\n");

/** The document that these servers run with. The authority's key is on no server. */
export function secretsFrom(servers: ReadServer[]): Secrets {
  const secrets: Secrets = { version: 1, servers: {}, services: {} };
  for (const { node, text } of servers) {
    const files = Object.fromEntries(text.split("\n").map((line) => line.split(" ") as [string, string]));
    const read = (name: keyof typeof FILES) => Buffer.from(files[name] ?? "", "base64").toString();
    const { encrypt, acl } = JSON.parse(read("settings") || "{}");
    secrets.gossipKey ??= encrypt;
    secrets.managementToken ??= acl?.tokens?.initial_management;
    if (read("ca")) secrets.ca ??= { cert: read("ca") };
    if (read("cert") && read("key")) secrets.servers[node] = { cert: read("cert"), key: read("key") };
  }
  return secrets;
}
