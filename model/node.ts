/** A node of the mesh: a Consul server, or a worker that runs instances. */
import { z } from "zod";
import { field, flag, text } from "./checking/fields";
import type { Problems } from "./checking/problem";
import { isBroken, type View } from "./checking/view";
import type { Files } from "./files";
import { addressFault, canonicalAddress } from "./formats/address";
import { hostKeySchema, withoutComment } from "./host-key";
import type { MeshDeclaration } from "./mesh";
import { type NodeSsh, resolveSsh, type SshDeclaration, sshSchema } from "./ssh";

/** Processor of a node, in Go's names; `uname -m` says `x86_64` for `amd64` and `aarch64` for `arm64`. */
export type Arch = "amd64" | "arm64";

/** A Linux node of the mesh. */
export interface NodeDeclaration {
  /** `server` runs a Consul server and no workload; `worker` runs instances. */
  role: "server" | "worker";
  /** IP address or host name: for ssh, and for the Consul agent when the `cluster` stack sets it up. */
  address: string;
  /**
   * The node's public host key: `ssh-ed25519 AAAA...`. A changed key stops the deploy. Where the node has several,
   * the one that Terraform asks for first: ECDSA, then RSA, then Ed25519; the preflight names it.
   */
  hostKey: string;
  /** For which gatehouse-node is built. The preflight refuses a node with another processor. @default "amd64" */
  arch?: Arch;
  /** Differences from the mesh's `ssh`. @default none */
  ssh?: SshDeclaration;
  /** `true` empties the node: everything that Gatehouse put there is removed. @default false */
  retired?: boolean;
}

/** A node of the checked mesh. */
export interface MeshNode {
  name: string;
  role: "server" | "worker";
  address: string;
  hostKey: string;
  arch: Arch;
  retired: boolean;
  ssh: NodeSsh;
}

const ADDRESS = "write the node's IP address or host name, for example `10.0.0.12`";

export const nodeSchema = z.strictObject({
  role: field(
    z.enum(["server", "worker"]),
    "write `server` for a Consul server or `worker` for a node that runs services",
  ),
  address: text(ADDRESS, addressFault),
  hostKey: hostKeySchema,
  arch: field(
    z.enum(["amd64", "arm64"]),
    "write what `uname -m` says on the node: `amd64` for x86_64, `arm64` for aarch64; or leave it out for `amd64`",
  ).optional(),
  ssh: sshSchema.optional(),
  retired: flag().optional(),
});

/** There is a server, and no two nodes have one address. */
export function checkNodes(view: View, problems: Problems): void {
  checkServers(view, problems);
  const owners = new Map<string, string>();
  for (const [name, { address }] of view.nodes.entries) {
    if (address === undefined) continue;
    const owner = owners.get(canonicalAddress(address));
    if (owner === undefined) owners.set(canonicalAddress(address), name);
    else {
      problems.add(["nodes", name, "address"], address, {
        reason: `node \`${owner}\` has this address already (nodes.${owner}.address), and two nodes cannot be one machine`,
        remedy: "give each node its own machine's address",
      });
    }
  }
}

/** Where Consul already runs, its servers may belong to another team. */
function checkServers({ nodes, declaration }: View, problems: Problems): void {
  if (!nodes.complete || declaration.consul?.existing === true) return;
  const mayServe = ([, node]: (typeof nodes.entries)[number]) =>
    (node.role === "server" && node.retired !== true) || (node.role === undefined && isBroken(node, "role"));
  // A node that is broken as a whole may have been meant as the server.
  if (nodes.entries.some(([name, node]) => mayServe([name, node]) || Object.keys(node).length === 0)) return;
  problems.add(["nodes"], Object.fromEntries(nodes.entries.map(([name, { role }]) => [name, role])), {
    reason: "there is no Consul server among the nodes, and without one there is no mesh",
    remedy: 'give one node `role: "server"` (three for a mesh that survives the loss of one), or set `consul.existing`',
  });
}

/** The node with its defaults. */
export function resolveNode(name: string, node: NodeDeclaration, mesh: MeshDeclaration, files: Files): MeshNode {
  const { role, address, hostKey, arch = "amd64", retired = false } = node;
  return { name, role, address, hostKey: withoutComment(hostKey), arch, retired, ssh: resolveSsh(node, mesh, files) };
}
