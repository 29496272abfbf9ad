/**
 * A config entry that takes the place of one made by hand. gatehouse-node writes it, and on destroy writes the earlier one in
 * its place: Terraform's own resource would delete it first, and what is for every service may never be missing.
 */
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { type ConfigEntry as Entry, layout, type Mesh, type MeshNode } from "../model";
import { contentHash, returnProgram, SETTLE_SECRET, settleProgram, takeProgram } from "../templates";
import type { AclToken } from "./acl-token";
import { RemoteProgram } from "./remote-program";

/** Where the programs run, and what they may. */
export interface Taking {
  mesh: Mesh;
  node: MeshNode;
  /** Undefined where there are no ACLs. */
  token?: AclToken;
}

export class TakenEntry extends RemoteProgram {
  constructor(scope: Construct, { mesh, node, token }: Taking, entry: Entry, dependsOn: ITerraformDependable[]) {
    const id = layout.resources.takenEntry(entry);
    super(scope, id, {
      node,
      program: takeProgram(mesh, node, entry),
      triggers: { entry: contentHash(JSON.stringify(entry.config)) },
      secrets: token && { mesh: mesh.name, name: id, values: { token: token.secret } },
      onDestroy: returnProgram(mesh, node, entry),
      dependsOn,
    });
  }
}

/** Puts back entries that left the declaration, when nothing waits for them any more. */
export class EntriesSettled extends RemoteProgram {
  constructor(scope: Construct, { mesh, node, token }: Taking, dependsOn: ITerraformDependable[]) {
    super(scope, "settle_entries", {
      node,
      program: settleProgram(mesh, node),
      triggers: { take_over: [...mesh.takeOver.configEntries].sort().join(" ") },
      secrets: token && { mesh: mesh.name, name: SETTLE_SECRET, values: { token: token.secret } },
      dependsOn,
    });
  }
}
