/** Completes a mesh's secrets: makes the missing ones, and names those that only a person has. */
import { randomBytes, randomUUID } from "node:crypto";
import { type Mesh, secretNames } from "../model";
import { lifeLeft, makeAuthority, makeServerCertificate, type ServerNames, unfit } from "./certificates";
import type { KeyPair, Secrets } from "./document";

/** A document that has everything that can be made. */
export interface Completed {
  secrets: Secrets;
  /** New secrets, in words. */
  made: string[];
  /** Secrets or steps that are left to a person, in words. */
  wanted: string[];
}

const AUTHORITY_WARNING_DAYS = 90;

/** Adds the secrets that this mesh lacks. Given ones stay, except a server's certificate that no longer serves. */
export async function complete(mesh: Mesh, given: Secrets | undefined, now: Date = new Date()): Promise<Completed> {
  const secrets: Secrets = structuredClone(given ?? { version: 1, servers: {}, services: {} });
  const completed: Completed = { secrets, made: [], wanted: [] };
  const { existing, acl, tls, gossipEncryption } = mesh.consul;
  if (!existing && (acl || tls || gossipEncryption)) await completeCluster(mesh, completed, now);
  completed.wanted.push(...wantedValues(mesh, secrets));
  return completed;
}

async function completeCluster(mesh: Mesh, { secrets, made, wanted }: Completed, now: Date): Promise<void> {
  if (!secrets.gossipKey) {
    secrets.gossipKey = randomBytes(32).toString("base64");
    made.push("the key of Consul's gossip");
  }
  if (!secrets.managementToken) {
    secrets.managementToken = randomUUID();
    made.push("the management token");
  }
  if (!secrets.ca) {
    secrets.ca = await makeAuthority(mesh.name, now);
    made.push(`the authority of the agents' certificates (until ${lifeLeft(secrets.ca.cert, now).end})`);
  }
  const { days, end } = lifeLeft(secrets.ca.cert, now);
  if (days < AUTHORITY_WARNING_DAYS) {
    wanted.push(`ca: the authority ends on ${end}; replace it: npm run rotate -- --authority`);
  }
  for (const names of serversOf(mesh)) await completeServer(names, secrets.ca, { secrets, made, wanted }, now);
}

async function completeServer(
  names: ServerNames,
  { cert, key }: { cert: string; key?: string },
  { secrets, made, wanted }: Completed,
  now: Date,
): Promise<void> {
  const present: KeyPair | undefined = secrets.servers[names.node];
  const reason = present && unfit(present.cert, cert, names, now);
  if (present && !reason) return;
  if (!key) {
    const fault = reason ? `its certificate ${reason}` : "it has no certificate";
    wanted.push(`servers.${names.node}: ${fault}, and the authority is your own: put one here, with its key`);
    return;
  }
  const pair = await makeServerCertificate({ cert, key }, names, now);
  secrets.servers[names.node] = pair;
  const why = reason ? `the one before ${reason}` : `until ${lifeLeft(pair.cert, now).end}`;
  made.push(`the certificate of ${names.node} (${why})`);
}

/** A person alone knows the values of a service's secrets. A variable has one line, a file any number. */
function wantedValues({ services }: Mesh, given: Secrets): string[] {
  return services.flatMap((service) => {
    const values = given.services[service.name] ?? {};
    const missing = secretNames(service).filter((secret) => !values[secret]);
    const long = service.secrets.filter(({ name }) => /[\n\t]/.test(values[name] ?? ""));
    return [
      ...missing.map((secret) => `services.${service.name}.${secret}: write its value there`),
      ...long.map(
        ({ name }) =>
          `services.${service.name}.${name}: an environment variable is one line without tabs: correct its value`,
      ),
    ];
  });
}

function serversOf({ nodes, consul }: Mesh): ServerNames[] {
  return nodes
    .filter(({ role, retired }) => role === "server" && !retired)
    .map(({ name, address }) => ({ node: name, datacenter: consul.datacenter, address }));
}
