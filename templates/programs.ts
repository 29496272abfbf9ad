/** What Gatehouse's shell programs call on a machine. `consul` and `envoy` come from nowhere by themselves. */
import type { MeshNode } from "../model";

const everywhere = [
  "awk",
  "base64",
  "cmp",
  "consul",
  "curl",
  "find",
  "flock",
  "gzip",
  "jq",
  "journalctl",
  "sed",
  "sha256sum",
  "systemctl",
  "systemd-analyze",
  "tar",
  "timeout",
];

/** The programs that must be on this machine before a deploy. */
export function programsOn(node: MeshNode): string[] {
  return node.role === "worker" ? [...everywhere, "envoy"] : everywhere;
}
