import { TerraformVariable, type TerraformVariableConfig } from "cdktf";
import type { Construct } from "constructs";

/** A variable whose value is in neither a plan nor the state, and is not printed. cdktf does not know `ephemeral`. */
export class SecretVariable extends TerraformVariable {
  constructor(scope: Construct, id: string, config: Omit<TerraformVariableConfig, "type" | "sensitive">) {
    super(scope, id, { ...config, type: "string", sensitive: true });
    this.addOverride("ephemeral", true);
  }
}
