import type { Finding } from "../findings";
import { ASKED_FOR, type MeshNode } from "../model";
import type { Facts } from "../nodes";

/** `ssh` asks for the declared type of key; Terraform does not, and then refuses what it is shown. */
export function judgeHostKey({ name, hostKey }: MeshNode, { hostKeys }: Facts): Finding[] {
  const shown = ASKED_FOR.map((type) => hostKeys.find((key) => key.startsWith(`${type} `))).find(Boolean);
  if (shown === undefined || shown === hostKey) return [];
  const [declaredType, shownType] = [hostKey, shown].map((key) => key.split(" ")[0]);
  return [
    {
      severity: "problem",
      where: { on: name, what: "host key" },
      found: `declared is its ${declaredType} key, and Terraform is going to be shown its ${shownType} key`,
      why: "Terraform asks a node for its ECDSA key first, then RSA, then Ed25519, and refuses any but the declared one",
      remedy: `declare the node's other key: nodes.${name}.hostKey: ${JSON.stringify(shown)}`,
    },
  ];
}
