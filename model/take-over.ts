/** Hand-made units, registrations and config entries that become the mesh's. */
import { z } from "zod";
import { field, text } from "./checking/fields";
import { didYouMean, type Problems } from "./checking/problem";
import { items, type Section, type View } from "./checking/view";
import { entryFault, filledTextFault } from "./formats/text";
import type { Mesh } from "./mesh";

/**
 * Under a declared name there may be something that a person made: units, a definition, a registration, a config entry. The
 * preflight refuses to touch it until it is named here. Names may stay here afterwards.
 */
export interface TakeOverDeclaration {
  /**
   * Services whose hand-made units, sidecar, definition and registration the deploy sets aside. They are put back and run
   * again when the new release does not serve; copies stay under /var/backups/gatehouse. @default none
   */
  services?: string[];
  /** The same for gateways. One that was made by hand on another node goes on serving until `letGo` names it. @default none */
  gateways?: string[];
  /**
   * Gateways of `gateways`, of which those made by hand on other nodes than `runsOn` are removed: when no client calls them
   * any more. @default none
   */
  letGo?: string[];
  /**
   * Config entries as `kind/name`, for example `ingress-gateway/edge`, that this mesh writes over. `destroy` puts them back as
   * they were. @default none
   */
  configEntries?: string[];
}

/** Names of hand-made things that become the mesh's. */
export interface TakeOver {
  services: string[];
  gateways: string[];
  /** Gateways of which those made by hand on other nodes go. */
  letGo: string[];
  /** As `kind/name`. */
  configEntries: string[];
}

const names = (what: string) =>
  field(
    z.array(text(`write ${what}`, filledTextFault)),
    `write a list of ${what.replace(/^an? /, "")}s, or leave it out`,
  );

export const takeOverSchema = z.strictObject({
  services: names("a service's name").optional(),
  gateways: names("a gateway's name").optional(),
  letGo: names("a gateway's name").optional(),
  configEntries: field(
    z.array(text("write kind and name, for example `ingress-gateway/edge`", entryFault)),
    'write a list, for example `["ingress-gateway/edge"]`, or leave it out',
  ).optional(),
});

/** Whatever is taken over is declared. */
export function checkTakeOver({ declaration: { takeOver }, services, gateways }: View, problems: Problems): void {
  const known = (field: "services" | "gateways" | "letGo", section: Section<object>, what: string) => {
    for (const { index, value } of items(takeOver?.[field])) {
      const fault = section.unknown(value, what);
      if (fault) problems.add(["takeOver", field, index], value, fault);
    }
  };
  known("services", services, "service");
  known("gateways", gateways, "gateway");
  known("letGo", gateways, "gateway");
  if (takeOver && Object.hasOwn(takeOver, "gateways") && takeOver.gateways === undefined) return;
  for (const { index, value } of items(takeOver?.letGo)) {
    if (takeOver?.gateways?.includes(value) || !gateways.has(value)) continue;
    problems.add(["takeOver", "letGo", index], value, {
      reason: "only a gateway that is taken over leaves one behind that was made by hand",
      remedy: `name it under \`gateways\` too: \`takeOver: { gateways: ["${value}"] }\``,
    });
  }
}

/** Which entries a mesh writes follows from the whole declaration. */
export function checkTakenEntries({ takeOver, configEntries }: Mesh, problems: Problems): void {
  const written = configEntries.map(({ kind, name }) => `${kind}/${name}`);
  for (const [index, entry] of takeOver.configEntries.entries()) {
    if (written.includes(entry)) continue;
    problems.add(["takeOver", "configEntries", index], entry, {
      reason: "this mesh writes no such config entry, so there is nothing to take over",
      remedy: didYouMean(entry, written, `name one of: ${written.slice(0, 10).join(", ")}; or remove it`),
    });
  }
}

/** Each name once. */
export function resolveTakeOver({ services, gateways, letGo, configEntries }: TakeOverDeclaration = {}): TakeOver {
  const once = (names: string[] = []) => [...new Set(names)];
  return {
    services: once(services),
    gateways: once(gateways),
    letGo: once(letGo),
    configEntries: once(configEntries),
  };
}
