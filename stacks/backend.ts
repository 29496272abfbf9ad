/** Where a stack's state lives. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { App, LocalBackend, type TerraformStack } from "cdktf";
import { mendInterrupted } from "./interrupted";

/** Each mesh has a state of its own: another mesh's deploy must not take this one down. */
export function useBackend(stack: TerraformStack, meshName: string): void {
  const path = resolve(`terraform.${meshName}.${stack.node.id}.tfstate`);
  new LocalBackend(stack, { path });
  const again = mendInterrupted(path);
  if (again.length > 0) {
    console.error(`The last deploy of ${stack.node.id} was killed. Done again, to be sure: ${again.join(", ")}`);
  }
  forgetOtherState(join(App.of(stack).outdir, "stacks", stack.node.id, ".terraform", "terraform.tfstate"), path);
}

/**
 * Terraform notes in its working folder where the state was, and refuses to go on when that changes, as it does with
 * every other mesh from the same checkout. The note is all that is removed, and only that of another local state.
 */
function forgetOtherState(note: string, path: string): void {
  if (!existsSync(note)) return;
  const text = readFileSync(note, "utf8");
  const { backend } = text.trim() === "" ? {} : JSON.parse(text); // empty: a killed run had not yet written it
  if (backend?.type === "local" && backend.config?.path !== path) rmSync(note);
}
