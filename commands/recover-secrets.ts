/** The secrets of a mesh from the servers that run with them, when the file is lost. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { complete, formatSecrets, parseSecrets, readSecrets, secretsPlace } from "../mesh-secrets";
import type { Mesh } from "../model";
import { runOn } from "../nodes";
import { READ_SECRETS, type ReadServer, secretsFrom } from "../recover";

/**
 * Reads the secrets, shows no value, changes nothing on a node, and writes over no file.
 * @returns 0: they are complete. 1: a person has to give something, which was printed
 */
export async function recoverSecrets(mesh: Mesh): Promise<number> {
  const place = secretsPlace(mesh.name);
  if (readSecrets(mesh.name)) throw new Error(`${place} is there. Move it away first, if it is not the right one.`);
  const secrets = secretsFrom(await readServers(mesh));
  const text = formatSecrets(secrets);
  parseSecrets(text, "what the servers have");
  const { made, wanted } = await complete(mesh, secrets);
  if (made.length > 0) throw new Error(`The servers do not have ${made.join(", ")}. Nothing was written.`);
  mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
  writeFileSync(place, text, { mode: 0o600, flag: "wx" });
  console.log(`${place}: read from ${Object.keys(secrets.servers).join(", ")}. Keep a copy of it.`);
  console.log(
    "The key of the certificates' authority is on no node: when the certificates end, take `ca` out of the file (docs/recovery.md).",
  );
  if (wanted.length === 0) return 0;
  console.log("Still wanted:");
  for (const part of wanted) console.log(`  ${part}`);
  return 1;
}

async function readServers({ name, nodes, consul }: Mesh): Promise<ReadServer[]> {
  if (consul.existing) throw new Error(`The Consul of mesh ${name} is not Gatehouse's: its secrets are not here.`);
  const servers = nodes.filter(({ role, retired }) => role === "server" && !retired);
  return Promise.all(
    servers.map(async (node) => {
      const { exitCode, stdout, stderr } = await runOn(node, READ_SECRETS);
      if (exitCode !== 0) throw new Error(`${node.name} cannot be read: ${stderr || `exit code ${exitCode}`}`);
      return { node: node.name, text: stdout };
    }),
  );
}
