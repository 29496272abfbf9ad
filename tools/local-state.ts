/** The states of a mesh where they are files of this checkout. */
import { existsSync, readFileSync } from "node:fs";

/**
 * Whether a stack has a state that knows any resource. Undefined where states are not files here.
 * @param folder of the project
 */
export function hasLocalState(mesh: string, stack: string, env: NodeJS.ProcessEnv, folder = "."): boolean | undefined {
  if (env.GATEHOUSE_BACKEND && env.GATEHOUSE_BACKEND !== "local") return undefined;
  const file = `${folder}/terraform.${mesh}.${stack}.tfstate`;
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (text === "") return false; // Terraform makes an empty file when it begins
  try {
    return (JSON.parse(text).resources ?? []).length > 0;
  } catch {
    return true; // Terraform itself tells what is wrong with it
  }
}
