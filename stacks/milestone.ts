/** A point in the order that others wait for: a `null_resource` that does nothing. */
import { Resource } from "@cdktf/provider-null/lib/resource";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { addressesOf } from "./depends-on";

export class Milestone extends Resource {
  /** @param triggers passed again when one of these changes. @default once */
  constructor(scope: Construct, id: string, dependsOn: ITerraformDependable[], triggers?: Record<string, string>) {
    super(scope, id, { triggers });
    this.dependsOn = addressesOf(dependsOn);
  }
}
