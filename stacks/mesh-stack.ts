/**
 * The mesh as one graph, so that Terraform itself orders it. The constructor is the list of phases in the order of a
 * deploy, each with the phases that it waits for; destroy is the reverse.
 */
import { NullProvider } from "@cdktf/provider-null/lib/provider";
import type { Construct } from "constructs";
import { type Mesh, secretNames } from "../model";
import { useBackend } from "./backend";
import type { Backend } from "./backend-settings";
import { forgetTaken, forgetUnowned } from "./config-entry";
import { addConsulProvider } from "./consul-provider";
import { begin } from "./mesh/begun";
import { type Context, firstNodeOf } from "./mesh/context";
import { denyAll, isDenyAll } from "./mesh/deny-all";
import { EntryWriter } from "./mesh/entries";
import { handOver } from "./mesh/handover";
import { startInstances } from "./mesh/instances";
import { makeNodesReady } from "./mesh/nodes";
import { writeOtherEntries } from "./mesh/other-entries";
import { probeRoutes } from "./mesh/probes";
import { uploadPrograms } from "./mesh/programs";
import { refreshAgents } from "./mesh/refreshes";
import { writeRoutes } from "./mesh/routes";
import { writeRouting } from "./mesh/routing";
import { settle } from "./mesh/settled";
import { sweepNodes } from "./mesh/sweeps";
import { bringTokens } from "./mesh/tokens";
import { ReviewFiles } from "./review-files";
import { MeshSecrets } from "./secrets";
import { Stack } from "./stack";
import type { NodePrograms } from "./uploaded-program";

export class MeshStack extends Stack {
  constructor(scope: Construct, mesh: Mesh, files: NodePrograms, backend?: Backend) {
    super(scope, "mesh");
    useBackend(this, mesh.name, backend);
    new NullProvider(this, "null");
    const secrets = addConsulProvider(this, mesh) ?? this.secretsOfServices(mesh);
    const context: Context = {
      stack: this,
      mesh,
      firstNode: firstNodeOf(mesh),
      secrets,
      review: new ReviewFiles(this),
    };

    const programs = uploadPrograms(context, files);
    forgetUnowned(this, mesh);
    forgetTaken(this, mesh);
    const writer = new EntryWriter(context, programs);
    const tokens = bringTokens(context, { programs });
    const refreshed = refreshAgents(context, { programs, tokens });
    const proxyDefaults = writer.writeKind("proxy-defaults", () => refreshed);
    const handover = handOver(context, { programs, refreshed, proxyDefaults });
    const serviceDefaults = writer.writeKind("service-defaults", () => [handover.program]);
    const guard = denyAll(context, writer, { proxyDefaults, serviceDefaults });
    writeOtherEntries(context, writer, { guard });
    const nodes = makeNodesReady(context, { programs, tokens, guard });
    const begun = begin(context, { nodes });
    const instances = startInstances(context, { nodes, tokens, begun });
    const routing = writeRouting(context, writer, { handover, guard, instances });
    const routes = writeRoutes(context, writer, { instances, serviceDefaults, routing });
    const probes = probeRoutes(context, { routes });
    const swept = sweepNodes(context, { programs, nodes, begun, instances, routing, routes, probes });
    const allowed = writer.declared("service-intentions").filter((entry) => !isDenyAll(entry));
    const intentions = writer.write(allowed, () => [swept]);
    settle(context, writer, { handover, tokens, swept, guard, intentions });
  }

  /** Where Consul has nothing secret of ours, its services may have. */
  private secretsOfServices(mesh: Mesh): MeshSecrets | undefined {
    return mesh.services.some((service) => secretNames(service).length > 0) ? new MeshSecrets(this, mesh) : undefined;
  }
}
