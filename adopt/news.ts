/** Things that people made and a declaration does not have. Pure. */
import type { MeshDeclaration } from "../model";
import { type LiveEntry, meshOf } from "../nodes";
import { type Found, type Workload, workloadsOf } from "./found";

export interface News {
  workloads: Workload[];
  /** Nodes with an agent. */
  nodes: string[];
  /** Config entries without a mesh's mark, for services and gateways that are declared or new. */
  entries: LiveEntry[];
}

export function newsFor(declaration: MeshDeclaration, found: Found): News {
  const declared = new Set([...Object.keys(declaration.services ?? {}), ...Object.keys(declaration.gateways ?? {})]);
  const taken = new Set(declaration.takeOver?.configEntries);
  const written = new Set((declaration.configEntries ?? []).map(({ kind, name }) => `${kind}/${name}`));
  return {
    workloads: workloadsOf(found).filter(({ name }) => !declared.has(name)),
    nodes: found.consul.members.map(({ name }) => name).filter((name) => !Object.hasOwn(declaration.nodes, name)),
    entries: found.consul.entries.filter((entry) => {
      const name = `${entry.Kind}/${entry.Name}`;
      return meshOf(entry) === undefined && declared.has(entry.Name) && !taken.has(name) && !written.has(name);
    }),
  };
}
