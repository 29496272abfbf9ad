/** A Consul config entry, of whatever kind, in the form that plans clean. */
import { ConfigEntry as ConsulConfigEntry } from "@cdktf/provider-consul/lib/config-entry";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { ConfigEntry as Entry } from "../model";
import { addressesOf } from "./depends-on";
import { terraformLiteral } from "./terraform-literal";

export class ConfigEntry extends ConsulConfigEntry {
  constructor(scope: Construct, entry: Entry, dependsOn: ITerraformDependable[]) {
    super(scope, `${entry.kind}_${entry.name === "*" ? "any" : entry.name}`, {
      kind: entry.kind,
      name: entry.name,
      configJson: terraformLiteral(JSON.stringify(entry.config)),
      // What still names a removed service is updated before its entries go; Consul refuses the other order.
      lifecycle: { createBeforeDestroy: true },
    });
    this.dependsOn = addressesOf(dependsOn);
  }
}
