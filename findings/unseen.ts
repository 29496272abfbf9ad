/** The finding for a node that could not be looked at. Pure. */
import type { MeshNode } from "../model";
import { type Output, sshFault } from "../nodes";
import { type Finding, problem } from "./finding";

/** A retired node that was emptied and switched off is no problem; a deploy reports one that still has something on it. */
export function unseen(node: MeshNode, output: Output): Finding {
  const { what, ...fault } = sshFault(node, output);
  const finding: Finding = { ...problem(node.name, what, fault), blind: true };
  return node.retired ? { ...finding, severity: "warning" } : finding;
}
