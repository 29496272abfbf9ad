/** Where a stack's state lives. */
import { resolve } from "node:path";
import { LocalBackend, type TerraformStack } from "cdktf";

/** Each mesh has a state of its own: another mesh's deploy must not take this one down. */
export function useBackend(stack: TerraformStack, meshName: string): void {
  new LocalBackend(stack, { path: resolve(`terraform.${meshName}.${stack.node.id}.tfstate`) });
}
