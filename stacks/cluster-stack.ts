/** The Consul agents themselves: servers one after another, then every worker. Left out where Consul already runs. */
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Mesh, MeshNode } from "../model";
import { agentRelease } from "../templates";
import { useBackend } from "./backend";
import type { Backend } from "./backend-settings";
import { RemoteProgram } from "./remote-program";
import { ReviewFiles } from "./review-files";

export class ClusterStack extends TerraformStack {
  private readonly review: ReviewFiles;

  constructor(
    scope: Construct,
    private readonly mesh: Mesh,
    backend?: Backend,
  ) {
    super(scope, "cluster");
    useBackend(this, mesh.name, backend);
    new NullProvider(this, "null");
    this.review = new ReviewFiles(this);

    const nodes = mesh.nodes.filter((node) => !node.retired);
    const servers: RemoteProgram[] = [];
    for (const node of nodes.filter(({ role }) => role === "server")) {
      // One server at a time keeps the quorum.
      servers.push(this.agent(node, servers.slice(-1)));
    }
    for (const node of nodes.filter(({ role }) => role === "worker")) this.agent(node, servers.slice(-1));
  }

  private agent(node: MeshNode, dependsOn: RemoteProgram[]): RemoteProgram {
    const release = agentRelease(this.mesh, node);
    this.review.add(node, release.files);
    return new RemoteProgram(this, `agent_${node.name}`, {
      node,
      program: release.program,
      triggers: { release: release.hash },
      onDestroy: release.removal,
      dependsOn,
    });
  }
}
