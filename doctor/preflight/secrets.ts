/** Whether the secrets that a deploy needs are here. */
import { readSecrets, SecretsError, secretsPlace } from "../../keys";
import { complete } from "../../keys/complete";
import type { Mesh } from "../../model";
import { type Finding, HERE } from "./finding";

/** Says what is missing by name, and no value. */
export async function lookAtSecrets(mesh: Mesh): Promise<Finding[]> {
  try {
    const given = readSecrets(mesh.name);
    const { made, wanted } = await complete(mesh, given);
    const needed = made.length + wanted.length > 0;
    if (!given) return needed ? [finding("problem", "there are none of this mesh", "npm run secrets")] : [];
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
  const reason = "Terraform takes keys, tokens, certificates and the services' values from them";
  return { node: HERE, severity, check: "secrets", found, reason, remedy };
}
