/** `gatehouse adopt` on the lab's nodes, by its command line. */
import { rmSync } from "node:fs";
import { hostKeyFrom, loadDeclaration, type MeshDeclaration } from "../../../model";
import { output } from "../../../toolchain";
import { fingerprint } from "../../../trust";
import { NODES } from "./by-hand/agents";
import type { Run } from "./mesh";

/** The mesh that is written. */
export const ADOPTED = "meshes/adopted.ts";

const HOST_KEYS = Object.keys(NODES).map((node) => {
  const file = `lab/.state/${node}/ssh_host_ed25519_key.pub`;
  return () => `${node}=${fingerprint(hostKeyFrom(file))}`;
});

/** A command of Gatehouse about the adopted mesh. */
async function gatehouse(...args: string[]): Promise<Run> {
  const env = { ...process.env, GATEHOUSE_MESH: ADOPTED, FORCE_COLOR: "0" };
  const { exitCode, stdout, stderr } = await output(process.execPath, ["bin/gatehouse.js", ...args], {}, { env });
  return { exitCode, text: `${stdout}\n${stderr}` };
}

/** @param consul its API: `10.77.0.10:8500` */
export const adopt = (consul: string, ...names: string[]): Promise<Run> => {
  const login = ["--consul", consul, "--key", "lab/.state/id_ed25519"];
  return gatehouse("adopt", "adopted", ...names, ...HOST_KEYS.map((key) => key()), ...login);
};

export const synth = (): Promise<Run> => gatehouse("synth");

/** The declaration that was written, under the name that the other tests use. */
export async function adoptedMesh(name: string): Promise<MeshDeclaration> {
  const loaded = await loadDeclaration(ADOPTED);
  if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
  return { ...(loaded.declaration as MeshDeclaration), name };
}

export function forgetAdopted(): void {
  rmSync(ADOPTED, { force: true });
  rmSync("known-hosts/adopted", { recursive: true, force: true });
}
