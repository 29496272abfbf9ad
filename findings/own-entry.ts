/**
 * Config entries that a workload's own token may write: Consul's `service:write`, without which there is neither a registration
 * nor xDS, includes them (docs/decisions/0031-service-write.md). Pure.
 */
import { layout, type Mesh } from "../model";
import { shellWord } from "./printable";

/** Their kinds. */
export const OWN_KINDS = ["service-defaults", "service-resolver", "service-router", "service-splitter"];

interface Entry {
  Kind: string;
  Name: string;
  EnvoyExtensions?: unknown;
}

/** The workload of this mesh whose token may write an entry; undefined when none may. */
export function writerOf({ services, gateways }: Mesh, { Kind, Name }: Entry): string | undefined {
  if (!OWN_KINDS.includes(Kind)) return undefined;
  const sidecars = services.map(({ name }) => [layout.sidecarOf(name), name] as const);
  const own = [...services, ...gateways].map(({ name }) => [name, name] as const);
  return new Map([...own, ...sidecars]).get(Name);
}

/** Why such an entry has to be looked at. */
export function ownEntryWhy(writer: string, { Kind, EnvoyExtensions }: Entry): string {
  const extended = Array.isArray(EnvoyExtensions) && EnvoyExtensions.length > 0;
  const effect = extended
    ? "its Envoy extensions are code in those sidecars on every node"
    : Kind === "service-defaults"
      ? "it shapes those sidecars on every node, and can bring code into them"
      : "it decides where calls to that service go";
  return `the token of ${writer} may write it, so ${writer} may have been broken into: ${effect}`;
}

/** Commands for a person who finds one that is not declared. */
export function ownEntryRemedy(writer: string, { Kind, Name }: Entry): string {
  const named = `-kind ${shellWord(Kind)} -name ${shellWord(Name)}`;
  return `read it: consul config read ${named}; then declare it under configEntries, or delete it: consul config delete ${named}. If none of you wrote it, look at ${writer} on its nodes, then: npm run rotate -- ${writer}`;
}
