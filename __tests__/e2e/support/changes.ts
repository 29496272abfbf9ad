/** From one deployed mesh to another, with requests flowing. */
import type { MeshDeclaration } from "../../../model";
import { type Load, type LoadOptions, underLoad } from "./load";
import { deploy, gatewayUrl, plan } from "./mesh";
import { record } from "./record";

/** Deploys under load, records the row, and expects that nothing is left to do. */
export async function changeTo(
  mesh: MeshDeclaration,
  change: string,
  options: LoadOptions = {},
): Promise<Load & { text: string }> {
  const began = Date.now();
  const { load, result } = await underLoad(gatewayUrl, () => deploy(mesh), options);
  const seconds = (Date.now() - began) / 1000;
  const left = await plan(mesh);
  await record({ section: "Growing and shrinking", change, sent: load.sent, failed: load.failed, seconds });
  if (left.length > 0) throw new Error(`after "${change}" there is still to do:\n${left.join("\n")}`);
  return { ...load, text: result.text };
}

/** No request lost. */
export const lossless = { failed: 0 };

/**
 * One caller with one instance, whose port 5000 goes from one upstream to another: Envoy closes it and opens it again, so
 * that a request on each of the 8 connections may find it closed. Much more would mean that an edge was refused.
 */
export const portHandedOver = { failed: { asymmetricMatch: (failed: unknown) => Number(failed) <= 24 } };
