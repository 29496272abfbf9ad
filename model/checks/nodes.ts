/** Machines: that there is a server, and that no two are one. */
import { canonicalAddress } from "../formats/address";
import type { Problems } from "../problem";
import { isBroken, type View } from "../view";

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

/** Where Consul already runs, its servers may be somebody else's. */
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
