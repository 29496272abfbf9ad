import { TerraformStack } from "cdktf";

/**
 * What both stacks are. cdktf resolves every value of a stack once more beforehand, to find references to other stacks;
 * ours have none, and in a large mesh it is a quarter of the synth.
 */
export class Stack extends TerraformStack {
  override prepareStack(): void {
    this.ensureBackendExists();
  }
}
