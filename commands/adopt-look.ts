/** The command line of `gatehouse adopt`, and its look at the nodes. */
import { existsSync, readFileSync } from "node:fs";
import { type Found, type FoundConsul, readNodes } from "../adopt";
import {
  checkMesh,
  formatProblems,
  type MeshDeclaration,
  type MeshNode,
  nodeFiles,
  type SshDeclaration,
} from "../model";
import { askHosts, expectedFrom, fileFor, hostsOf, settle } from "../trust";

interface Options {
  mesh: string;
  names?: string[];
  consul?: string;
  user: string;
  key?: string;
  port?: number;
}

/** A command line that was understood. */
export interface Asked {
  mesh: string;
  /** Services and gateways. */
  names: string[];
  /** Fingerprints of host keys: `worker1=SHA256:...`. */
  keys: string[];
  address: string;
  tls: boolean;
  ssh: SshDeclaration;
}

/** @throws where it is not said which Consul is meant */
export function askedFor(given: object, present: MeshDeclaration | undefined): Asked {
  const { mesh, names: words = [], consul: asked, user, key, port } = given as Options;
  const { consul } = present ?? {};
  const declared = consul && `${consul.tls === false ? "http" : "https"}://${consul.address ?? consul.addresses?.[0]}`;
  const api = asked ?? declared ?? process.env.CONSUL_HTTP_ADDR;
  if (!api)
    throw new Error("Name Consul's API: --consul HOST:PORT, https:// before it for TLS; or set CONSUL_HTTP_ADDR.");
  const ssh = { user, ...(key ? { privateKeyFile: key } : { agent: true }), ...(port !== undefined && { port }) };
  return {
    mesh,
    names: words.filter((word) => !word.includes("=")),
    keys: words.filter((word) => word.includes("=")),
    address: api.replace(/^https?:\/\//, "").replace(/\/$/, ""),
    tls: api.startsWith("https://") || process.env.CONSUL_HTTP_SSL === "true",
    ssh: present?.ssh ?? ssh,
  };
}

/** Looks at the members whose host keys are known, or which a person confirms now. */
export async function lookAtNodes(
  asked: Asked,
  consul: FoundConsul,
  present: MeshDeclaration | undefined,
): Promise<Found> {
  const alive = consul.members.filter((member) => member.alive);
  const bare = bareMesh(asked, consul, present);
  const hosts = hostsOf(bare).filter(({ name }) => name === "bastion" || alive.some((one) => one.name === name));
  const expected = expectedFrom(asked.keys, hosts, `npx gatehouse adopt ${asked.mesh}`);
  const believed = new Set<string>();
  for (const verdict of await askHosts(hosts)) {
    if ((await settle(asked.mesh, verdict, expected)) === 0) believed.add(verdict.host.name);
  }
  const nodes = nodesOf(bareMesh(asked, consul, present)).filter(({ name }) => believed.has(name));
  const looked = await readNodes(nodes, consul);
  const silent = consul.members
    .filter(({ name }) => !believed.has(name))
    .map(({ name, alive }) => ({ name, why: alive ? "its host key is not believed" : "its agent does not answer" }));
  return { consul, ssh: asked.ssh, nodes: looked.nodes, unseen: [...silent, ...looked.unseen] };
}

/** Every member as a node, a declared one as it is declared. */
function bareMesh({ mesh, ssh }: Asked, consul: FoundConsul, present: MeshDeclaration | undefined): MeshDeclaration {
  const hostKey = hostKeyIn(mesh);
  const { datacenter, address } = consul;
  return {
    name: mesh,
    consul: { datacenter, address, existing: true },
    ssh,
    nodes: Object.fromEntries(
      consul.members.map(({ name, role, address: at }) => [
        name,
        present?.nodes[name] ?? { role, address: at, hostKey: hostKey(name) },
      ]),
    ),
  };
}

function nodesOf(mesh: MeshDeclaration): MeshNode[] {
  const checked = checkMesh(mesh, { ...nodeFiles(), forReview: true });
  if ("problems" in checked) throw new Error(formatProblems(checked.problems, "what Consul and the options say"));
  return checked.mesh.nodes;
}

/** The key of a node that a person has believed; empty where there is none. */
export const hostKeyIn =
  (mesh: string) =>
  (name: string): string => {
    const file = fileFor(mesh, { name, hostKey: "" });
    return existsSync(file) ? readFileSync(file, "utf8").trim() : `no file ${file} yet`;
  };
