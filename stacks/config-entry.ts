/** A Consul config entry, of whatever kind, in the form that plans clean. */
import { ConfigEntry as ConsulConfigEntry } from "@cdktf/provider-consul/lib/config-entry";
import { type ITerraformDependable, TerraformElement } from "cdktf";
import type { Construct } from "constructs";
import { type ConfigEntry as Entry, layout, type Mesh } from "../model";
import { takenEntries } from "../templates";
import { addressesOf } from "./depends-on";
import { terraformLiteral } from "./terraform-literal";

export class ConfigEntry extends ConsulConfigEntry {
  constructor(scope: Construct, entry: Entry, dependsOn: ITerraformDependable[]) {
    super(scope, layout.resources.entry(entry), {
      kind: entry.kind,
      name: entry.name,
      configJson: terraformLiteral(JSON.stringify(entry.config)),
      // Entries that still name a removed service are updated before its own are removed; Consul refuses the other order.
      lifecycle: { createBeforeDestroy: true },
    });
    this.dependsOn = addressesOf(dependsOn);
  }
}

/** The entries that are for every service of Consul, by what a declaration calls them. */
const FOR_EVERYONE = {
  "proxy-defaults": { kind: "proxy-defaults", name: "global" },
  "default-deny": { kind: "service-intentions", name: "*" },
  mesh: { kind: "mesh", name: "mesh" },
} as const;

/**
 * An entry that an earlier deploy wrote and that the mesh does not own any more stays in Consul as it is: others may have come
 * to rely on it. Terraform forgets it.
 */
export function forgetUnowned(scope: Construct, { consul }: Mesh): void {
  const unowned = Object.entries(FOR_EVERYONE).filter(([name]) => !consul.owns.some((owned) => owned === name));
  for (const [name, entry] of unowned) new Forgotten(scope, `forgotten_${name}`, layout.resources.entry(entry));
}

/** An entry that is taken over now and that Terraform wrote before: gatehouse-node writes it from here on. */
export function forgetTaken(scope: Construct, mesh: Mesh): void {
  for (const entry of takenEntries(mesh))
    new Forgotten(scope, `forgotten_${layout.resources.entry(entry)}`, layout.resources.entry(entry));
}

/** Terraform's `removed` block. */
class Forgotten extends TerraformElement {
  constructor(
    scope: Construct,
    id: string,
    private readonly entry: string,
  ) {
    super(scope, id);
  }

  override toTerraform(): object {
    return { removed: [{ from: `consul_config_entry.${this.entry}`, lifecycle: { destroy: false } }] };
  }
}
