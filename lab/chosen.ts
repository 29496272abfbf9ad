/** Which mesh the lab runs. While the lab is there, every other command of this checkout means that mesh too. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LAB_MESH } from "../model";
import { projectFolder } from "./places";

const note = join(projectFolder, LAB_MESH);

/** The mesh file that the lab's own commands mean. */
export const chosenMesh = (environment: NodeJS.ProcessEnv = process.env): string =>
  environment.GATEHOUSE_MESH || "meshes/lab.ts";

/** Writes it down, when the lab is there. */
export function rememberMesh(path: string, file: string = note): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${path}\n`);
}

/** Forgets it, when the lab is gone. */
export function forgetMesh(file: string = note): void {
  rmSync(file, { force: true });
}
