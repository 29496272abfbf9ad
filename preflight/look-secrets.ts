/** Whether the secrets that a deploy needs are here. */

import { type Finding, HERE, problem, warning } from "../findings";
import {
  complete,
  readSecrets,
  SECRETS_VARIABLE,
  type Secrets,
  SecretsError,
  type Source,
  secretsPlace,
} from "../mesh-secrets";
import { layout, type Mesh } from "../model";
import { runsElsewhere } from "../terraform";

const { http, https } = layout.consulPorts;

/**
 * Says what is missing by name, and no value.
 * @param from where to look; tests give their own
 * @param running nodes whose agents run with secrets of this mesh
 */
export async function lookAtSecrets(mesh: Mesh, from: Source = {}, running: string[] = []): Promise<Finding[]> {
  const port = wrongPort(mesh);
  try {
    const given = readSecrets(mesh.name, from);
    const { made, wanted } = await complete(mesh, given);
    const needed = made.length + wanted.length > 0;
    if (!given && needed && running.length > 0) return [...port, lost(secretsPlace(mesh.name, from), running)];
    if (!given && needed) return [...port, finding("problem", "there are none of this mesh", "npm run secrets")];
    return [
      ...port,
      ...signingKey(given, from),
      ...made.map((part) => finding("problem", `missing or no longer good: ${part}`, "npm run secrets")),
      ...wanted.map((part) =>
        finding(part.startsWith("ca:") ? "warning" : "problem", part, `see ${secretsPlace(mesh.name, from)}`),
      ),
    ];
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    return [finding("problem", error.message.replace(/\s+/g, " "), "correct them")];
  }
}

/** In a variable the key of the authority is where runs are, and those who may read their variables. */
function signingKey(given: Secrets | undefined, { environment = process.env, ...from }: Source): Finding[] {
  if (!given?.ca?.key || secretsPlace("", { environment, ...from }) !== SECRETS_VARIABLE || !runsElsewhere(environment))
    return [];
  return [
    warning(HERE, "secrets", {
      found: `${SECRETS_VARIABLE} has the key of the agents' authority (ca.key), and Terraform runs elsewhere`,
      why: "no run reads that key: whoever gets it there can sign certificates that every agent believes",
      remedy: "give runs what `npm run -s secrets -- --for-terraform-cloud` prints, in the workspace's variable too",
    }),
  ];
}

function lost(place: string, running: string[]): Finding {
  return {
    severity: "problem",
    where: { on: HERE, what: "secrets" },
    found: `${place} is not there, and the agents of ${running.join(", ")} run with what was in it`,
    why: "with new ones the agents would not hear each other until the last is restarted, and every certificate would be another",
    remedy:
      "restore your copy of that file; without a copy: npm run secrets -- recover, which reads it from the servers (docs/recovery.md)",
  };
}

/** Plain HTTP is for programs on the servers themselves. */
function wrongPort({ consul }: Mesh): Finding[] {
  if (consul.existing || !consul.tls || !consul.address.endsWith(`:${http}`)) return [];
  return [
    {
      severity: "warning",
      where: { on: HERE, what: "consul.address" },
      found: consul.address,
      why: `with TLS, port ${http} is there on the servers' loopback alone`,
      remedy: `write port ${https}; or \`tls: false\`, which leaves Consul open`,
    },
  ];
}

function finding(severity: Finding["severity"], found: string, remedy: string): Finding {
  const why = "Terraform takes keys, tokens, certificates and the services' values from them";
  return { ...problem(HERE, "secrets", { found, why, remedy }), severity };
}
