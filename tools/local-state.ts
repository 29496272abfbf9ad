/** The states of a mesh where they are files of this checkout. */
import { existsSync, readFileSync } from "node:fs";

/**
 * Whether a stack has a state that knows any resource. Undefined where states are not files here.
 * @param folder of the project
 */
export function hasLocalState(mesh: string, stack: string, env: NodeJS.ProcessEnv, folder = "."): boolean | undefined {
  if (env.GATEHOUSE_BACKEND && env.GATEHOUSE_BACKEND !== "local") return undefined;
  const file = `${folder}/terraform.${mesh}.${stack}.tfstate`;
  if (!existsSync(file)) return false;
  try {
    return (JSON.parse(readFileSync(file, "utf8")).resources ?? []).length > 0;
  } catch {
    return true; // Terraform itself tells what is wrong with it
  }
}
