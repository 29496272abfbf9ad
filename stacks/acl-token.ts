/** An ACL token, and the policy that is its alone. */
import { AclPolicy } from "@cdktf/provider-consul/lib/acl-policy";
import { AclToken as ConsulAclToken } from "@cdktf/provider-consul/lib/acl-token";
import { DataConsulAclTokenSecretId } from "@cdktf/provider-consul/lib/data-consul-acl-token-secret-id";
import { type ITerraformDependable, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { type ConfigEntry, type Gateway, type Instance, layout, type Mesh, type MeshNode } from "../model";
import { gatewayRules, handoverRules, nodeRules, routesRules, takenRules } from "../templates";
import { terraformLiteral } from "./terraform-literal";

interface AclTokenProps {
  mesh: Mesh;
  /** Its purpose, in words. */
  description: string;
  /** Rules of a policy. @default none */
  rules?: string;
  /** The service whose identity the token has: it and its sidecar. */
  service?: string;
  /** The node whose identity the token has: its agent. */
  node?: string;
  dependsOn?: ITerraformDependable[];
}

/**
 * Whoever uses the token depends on it. So a new one is made first, taken into use, and only then the old one goes; and
 * one that left the declaration is removed after all that used it.
 */
export class AclToken extends ConsulAclToken {
  /** The token itself. Terraform keeps it in its state. */
  readonly secret: string;

  constructor(scope: Construct, id: string, { mesh, description, rules, service, node, dependsOn }: AclTokenProps) {
    const { name, consul } = mesh;
    const lifecycle = { createBeforeDestroy: true };
    const policy =
      rules === undefined
        ? undefined
        : new AclPolicy(scope, `policy_${id}`, {
            // A node's token moves from one stack to the other when Consul becomes an existing one.
            name: `gatehouse-${name}-${TerraformStack.of(scope).node.id}-${id}`,
            description: `Gatehouse, mesh ${name}: ${description}`,
            rules: terraformLiteral(rules),
            datacenters: [consul.datacenter],
            dependsOn,
            lifecycle,
          });
    super(scope, layout.resources.token(id), {
      description: `Gatehouse, mesh ${name}: ${description}`,
      ...(policy && { policies: [policy.name] }),
      ...(service && { serviceIdentities: [{ serviceName: service, datacenters: [consul.datacenter] }] }),
      ...(node && { nodeIdentities: [{ nodeName: node, datacenter: consul.datacenter }] }),
      dependsOn,
      lifecycle,
    });
    this.secret = new DataConsulAclTokenSecretId(scope, `secret_${id}`, { accessorId: this.id, dependsOn }).secretId;
  }

  /** The token of a node's agent and of Gatehouse's programs there. */
  static ofMachine(scope: Construct, mesh: Mesh, node: MeshNode, dependsOn?: ITerraformDependable[]): AclToken {
    const description = `the agent of ${node.name}`;
    return new AclToken(scope, layout.tokens.ofAgent(node.name), {
      mesh,
      description,
      rules: nodeRules(node),
      node: node.name,
      dependsOn,
    });
  }

  /** The token of one instance. */
  static ofInstance(scope: Construct, mesh: Mesh, { name, workload, node }: Instance): AclToken {
    const description = `${name} on ${node.name}`;
    const rights = workload.kind === "service" ? { service: workload.name } : { rules: gatewayRules(workload) };
    return new AclToken(scope, layout.tokens.ofInstance(name, node.name), { mesh, description, ...rights });
  }

  static ofHandover(scope: Construct, mesh: Mesh): AclToken {
    return new AclToken(scope, layout.tokens.handover, {
      mesh,
      description: "the handover",
      rules: handoverRules(mesh),
    });
  }

  /** The token of the programs that write these entries in place of those made by hand, and put those back on destroy. */
  static ofTakenEntries(scope: Construct, mesh: Mesh, entries: ConfigEntry[]): AclToken {
    const rules = takenRules(mesh, entries);
    return new AclToken(scope, "taken", { mesh, description: "config entries that are taken over", rules });
  }

  /** The token of the probes, which put the earlier routes of these gateways back when the new ones do not answer. */
  static ofRoutes(scope: Construct, mesh: Mesh, gateways: Gateway[]): AclToken {
    return new AclToken(scope, layout.tokens.routes, { mesh, description: "the routes", rules: routesRules(gateways) });
  }
}
