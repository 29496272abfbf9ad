/** Where a stack's state lives. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { App, LocalBackend, type TerraformStack } from "cdktf";

/** Each mesh has a state of its own: another mesh's deploy must not take this one down. */
export function useBackend(stack: TerraformStack, meshName: string): void {
  const path = resolve(`terraform.${meshName}.${stack.node.id}.tfstate`);
  new LocalBackend(stack, { path });
  forgetOtherState(join(App.of(stack).outdir, "stacks", stack.node.id, ".terraform", "terraform.tfstate"), path);
}

/**
 * Terraform notes in its working folder where the state was, and refuses to go on when that changes, as it does with
 * every other mesh from the same checkout. The note is all that is removed, and only that of another local state.
 */
function forgetOtherState(note: string, path: string): void {
  if (!existsSync(note)) return;
  const { backend } = JSON.parse(readFileSync(note, "utf8"));
  if (backend?.type === "local" && backend.config?.path !== path) rmSync(note);
}
