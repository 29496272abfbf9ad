/** The programs that ran on the nodes for a mesh, by the nodes themselves: a deploy compares them with its state. */
import type { Mesh } from "../model";
import { onEveryNode } from "../nodes";
import { machineIdentity } from "../templates";
import type { Ran } from "../terraform";
import { Asker } from "./ask";
import type { Look } from "./judge";
import { lookAt } from "./look";

/** Read from the looks of a preflight. A retired node was emptied, so it is left out. */
export function ranOn(mesh: Mesh, looks: Look[]): Ran {
  const used = looks.filter(({ plan }) => !plan.node.retired);
  return Object.fromEntries(
    used.map(({ plan, facts }) => [
      machineIdentity(plan.node),
      {
        creations: facts.ran[mesh.name] ?? {},
        believed: facts.believed.includes(mesh.name),
        binaries: facts.binaries,
      },
    ]),
  );
}

/** Asks every node; `silent` are the names of those that could not be looked at. */
export async function askRan(mesh: Mesh): Promise<{ ran: Ran; silent: string[] }> {
  const asker = new Asker();
  const asked = await onEveryNode(mesh, (node) => lookAt(mesh, node, asker, Date.now));
  const looks = asked.filter((look): look is Look => "facts" in look);
  const seen = looks.map(({ plan }) => plan.node.name);
  const silent = mesh.nodes.filter(({ name, retired }) => !retired && !seen.includes(name));
  return { ran: ranOn(mesh, looks), silent: silent.map(({ name }) => name) };
}
