/** The states of a mesh where they are files of this checkout. */
import { existsSync, readFileSync } from "node:fs";
import { wasKilled } from "./interrupted";

const localState = (mesh: string, stack: string, folder: string) => `${folder}/terraform.${mesh}.${stack}.tfstate`;

/**
 * The text of a stack's state; empty where there is none yet.
 * @param folder of the project
 */
export function localStateText(mesh: string, stack: string, folder = "."): string {
  const file = localState(mesh, stack, folder);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : ""; // Terraform makes an empty file when it begins
}

/**
 * Whether a stack has a state that knows any resource. Undefined where states are not files here, and where a run was
 * killed as Terraform wrote: the next one repairs the state.
 * @param folder of the project
 */
export function hasLocalState(mesh: string, stack: string, env: NodeJS.ProcessEnv, folder = "."): boolean | undefined {
  if (env.GATEHOUSE_BACKEND && env.GATEHOUSE_BACKEND !== "local") return undefined;
  const text = localStateText(mesh, stack, folder);
  if (text === "") return wasKilled(localState(mesh, stack, folder)) ? undefined : false;
  try {
    return (JSON.parse(text).resources ?? []).length > 0;
  } catch {
    return true; // Terraform itself tells what is wrong with it
  }
}
