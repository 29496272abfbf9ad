/** Whether the secrets that a deploy needs are here. */
import { readSecrets, SecretsError, secretsPlace } from "../../keys";
import { complete } from "../../keys/complete";
import type { Mesh } from "../../model";
import { type Finding, HERE } from "./finding";

/** Says what is missing by name, and no value. */
export async function lookAtSecrets(mesh: Mesh): Promise<Finding[]> {
  const { existing, acl, tls, gossipEncryption } = mesh.consul;
  if (existing || !(acl || tls || gossipEncryption)) return [];
  try {
    const given = readSecrets(mesh.name);
    if (!given) return [finding("problem", "there are none of this mesh", "npm run secrets")];
    const { made, wanted } = await complete(mesh, given);
    return [
      ...made.map((part) => finding("problem", `missing or no longer good: ${part}`, "npm run secrets")),
      ...wanted.map((part) =>
        finding(part.startsWith("ca:") ? "warning" : "problem", part, `see ${secretsPlace(mesh.name)}`),
      ),
    ];
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    return [finding("problem", error.message.replace(/\s+/g, " "), "correct them")];
  }
}

function finding(severity: Finding["severity"], found: string, remedy: string): Finding {
  const reason = "Terraform takes Consul's keys, tokens and certificates from them";
  return { node: HERE, severity, check: "secrets", found, reason, remedy };
}
