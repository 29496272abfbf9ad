/** Where Gatehouse's stand-in providers may be used: a host that is blocked must not choose which program deploys. */
import { existsSync, readFileSync } from "node:fs";
import { resolve, sep } from "node:path";
import { LAB_MESH, meshPath } from "../model";

const SETTING = "GATEHOUSE_PROVIDERS";
const ALLOWED = "stand-ins";

/** Whether a person, or a test, allows them by the environment. */
export function standInsChosen(env: NodeJS.ProcessEnv = process.env): boolean {
  const value = env[SETTING] ?? "";
  if (value === "" || value === ALLOWED) return value === ALLOWED;
  throw new Error(
    `${SETTING} is ${JSON.stringify(value)}: the one value that it has is ${ALLOWED}, which allows Gatehouse's stand-in providers where ` +
      "Terraform's registry does not answer. Correct or unset it.",
  );
}

/** Throws where neither the environment allows them nor the mesh is the one that this checkout's lab runs. */
export function allowStandIns(env: NodeJS.ProcessEnv = process.env): void {
  if (standInsChosen(env) || isLabs(meshPath(env))) return;
  throw new Error(
    "Terraform's registry does not answer from here, and the providers come from it. Nothing was run, and what is installed is as it was.\n" +
      "Try again where it answers, or set GATEHOUSE_PROVIDER_MIRROR to a folder made there by `terraform providers mirror FOLDER`.\n" +
      `For a mesh that is yours alone, ${SETTING}=${ALLOWED} allows Gatehouse's own providers in their place (providers/README.md).`,
  );
}

/** Whether the mesh is a lab's, whose nodes and state do not last. */
export const isThrowAway = (env: NodeJS.ProcessEnv = process.env): boolean =>
  isLabs(meshPath(env)) || resolve(meshPath(env)).startsWith(`${resolve("lab")}${sep}`);

const isLabs = (mesh: string): boolean =>
  existsSync(LAB_MESH) && resolve(readFileSync(LAB_MESH, "utf8").trim()) === resolve(mesh);
