/** Programs that a node must have before a deploy. No image has `consul` and `envoy` by itself. */
import type { MeshNode } from "../model";

/**
 * Besides Consul: what the shell calls that receives the node program. The rest of it comes with every system that systemd has
 * booted.
 */
const everywhere = ["consul", "sed", "sha256sum"];

/** The programs that must be on this node before a deploy. */
export function programsOn(node: MeshNode): string[] {
  return node.role === "worker" ? [...everywhere, "envoy"] : everywhere;
}
