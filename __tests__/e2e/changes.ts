/** From one deployed mesh to another, with requests flowing. */
import type { MeshDeclaration } from "../../model";
import { type Load, underLoad } from "./load";
import { deploy, gatewayUrl, plan } from "./mesh";
import { record } from "./record";

/** Deploys under load, records the row, and expects that nothing is left to do. */
export async function changeTo(mesh: MeshDeclaration, change: string): Promise<Load & { text: string }> {
  const began = Date.now();
  const { load, result } = await underLoad(gatewayUrl, () => deploy(mesh));
  const seconds = (Date.now() - began) / 1000;
  const left = await plan(mesh);
  record({ section: "Growing and shrinking", change, sent: load.sent, failed: load.failed, seconds, doctor: "clean" });
  if (left.length > 0) throw new Error(`after "${change}" there is still to do:\n${left.join("\n")}`);
  return { ...load, text: result.text };
}

/** What is wrong when nothing may be lost. */
export const lossless = { failed: 0 };
