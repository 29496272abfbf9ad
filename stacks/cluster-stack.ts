/** The Consul agents themselves: servers one after another, then every worker. Left out where Consul already runs. */
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import type { Construct } from "constructs";
import { layout, type Mesh, type MeshNode } from "../model";
import { agentRelease, agentTokenProgram } from "../templates";
import { AclToken } from "./acl-token";
import { useBackend } from "./backend";
import type { Backend } from "./backend-settings";
import { addConsulProvider } from "./consul-provider";
import { RemoteProgram } from "./remote-program";
import { ReviewFiles } from "./review-files";
import type { MeshSecrets } from "./secrets";
import { Stack } from "./stack";
import { type NodePrograms, UploadedProgram } from "./uploaded-program";

export class ClusterStack extends Stack {
  private readonly review: ReviewFiles;
  private readonly secrets: MeshSecrets | undefined;
  /** gatehouse-node, by node: also on one that is to be emptied. */
  private readonly uploaded = new Map<string, UploadedProgram>();

  constructor(
    scope: Construct,
    private readonly mesh: Mesh,
    private readonly programs: NodePrograms,
    backend?: Backend,
  ) {
    super(scope, "cluster");
    useBackend(this, mesh.name, backend);
    new NullProvider(this, "null");
    this.secrets = addConsulProvider(this, mesh);
    this.review = new ReviewFiles(this);

    for (const node of mesh.nodes) {
      this.uploaded.set(node.name, new UploadedProgram(this, mesh, node, this.programs));
    }
    const servers: RemoteProgram[] = [];
    for (const node of this.nodes("server")) {
      // One server at a time keeps the quorum.
      servers.push(this.agent(node, servers.slice(-1)));
    }
    const tokens = this.addTokens(servers);
    for (const node of this.nodes("server")) this.addServerToken(node, tokens.get(node.name));
    for (const node of this.nodes("worker")) this.agent(node, servers.slice(-1), tokens.get(node.name));
  }

  private nodes(role: MeshNode["role"]): MeshNode[] {
    return this.mesh.nodes.filter((node) => node.role === role && !node.retired);
  }

  private agent(node: MeshNode, dependsOn: RemoteProgram[], token?: AclToken): RemoteProgram {
    const release = agentRelease(this.mesh, node);
    this.review.addNode("agent", node, release.files);
    return new RemoteProgram(this, layout.resources.agent(node.name), {
      node,
      program: release.program,
      triggers: { release: release.hash, ...(token && { token: token.id }) },
      secrets: this.secrets && {
        mesh: this.mesh.name,
        name: "agent",
        values: this.secretsFor(node, this.secrets, token),
      },
      onDestroy: release.removal,
      dependsOn: [...dependsOn, this.programOn(node)],
    });
  }

  private programOn(node: MeshNode): UploadedProgram {
    const uploaded = this.uploaded.get(node.name);
    if (!uploaded) throw new Error(`gatehouse-node is not uploaded to ${node.name}`);
    return uploaded;
  }

  private secretsFor(node: MeshNode, secrets: MeshSecrets, token?: AclToken): Record<string, string> {
    const { acl, tls, gossipEncryption } = this.mesh.consul;
    const server = node.role === "server";
    return {
      ...(gossipEncryption && { gossipKey: secrets.gossipKey }),
      ...(tls && { ca: secrets.ca }),
      ...(tls && server && secrets.certificateOf(node)),
      ...(acl && server && { managementToken: secrets.managementToken }),
      ...(token && { agentToken: token.secret }),
    };
  }

  /** A machine that is to be emptied needs its token until it is. */
  private addTokens(servers: RemoteProgram[]): Map<string, AclToken> {
    if (!this.mesh.consul.acl) return new Map();
    return new Map(this.mesh.nodes.map((node) => [node.name, AclToken.ofMachine(this, this.mesh, node, servers)]));
  }

  /** A server is there before its token can be made. */
  private addServerToken(node: MeshNode, token: AclToken | undefined): void {
    if (!token) return;
    new RemoteProgram(this, layout.resources.agentToken(node.name), {
      node,
      program: agentTokenProgram(this.mesh, node),
      triggers: { token: token.id },
      secrets: { mesh: this.mesh.name, name: "agent-token", values: { agentToken: token.secret } },
      dependsOn: [this.programOn(node)],
    });
  }
}
