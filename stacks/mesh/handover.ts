/**
 * Phase: edges that are new are allowed, while the old ones still are. Consul has one entry for everyone who may call a
 * service. Written early it would refuse callers that are still to be moved, written late refuse those that have been:
 * so new edges are allowed first, together with the old ones, and the entries as declared are written last.
 */
import { handover, type Handover as Release } from "../../templates";
import { AclToken } from "../acl-token";
import { RemoteProgram, type RemoteProgramProps } from "../remote-program";
import { type Context, present } from "./context";
import type { Entries } from "./entries";
import type { Programs } from "./programs";

export interface Handover {
  program: RemoteProgram;
  release: Release;
  /** Undefined where there are no ACLs. */
  token: AclToken | undefined;
}

interface After {
  programs: Programs;
  refreshed: RemoteProgram[];
  proxyDefaults: Entries;
}

export function handOver(context: Context, after: After): Handover {
  const { stack, mesh, firstNode: node } = context;
  const release = handover(mesh, node);
  const token = mesh.consul.acl ? AclToken.ofHandover(stack, mesh) : undefined;
  const program = new RemoteProgram(stack, "handover", {
    node,
    program: release.program,
    triggers: { edges: release.hash }, // and not the token, which no node keeps
    secrets: handoverSecrets(context, token),
    onDestroy: release.removal,
    dependsOn: [...present(after.programs.get(node.name)), ...after.refreshed, ...after.proxyDefaults.values()],
  });
  return { program, release, token };
}

/** The token, for a program that writes entries in between. */
export function handoverSecrets({ mesh }: Context, token: AclToken | undefined): RemoteProgramProps["secrets"] {
  return token && { mesh: mesh.name, name: "handover", values: { handover: token.secret } };
}
