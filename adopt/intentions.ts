/** Intentions of the declaration, from Consul's service-intentions entries for what is declared. */
import type { HeaderPermissionDeclaration, IntentionDeclaration, PermissionDeclaration } from "../model";
import type { LiveEntry } from "../nodes";
import type { Remarks } from "./remarks";

interface LiveSource {
  Name: string;
  Action?: string;
  Permissions?: { Action: string; HTTP?: Record<string, unknown> | null; JWT?: unknown }[] | null;
  Peer?: string;
  SamenessGroup?: string;
}

/**
 * @param declared every declared service and gateway, and the services that others run
 * @param derived whether the declaration allows the call from the one to the other without an intention
 */
export function intentionsOf(
  entries: LiveEntry[],
  services: string[],
  declared: ReadonlySet<string>,
  derived: (source: string, destination: string) => boolean,
  remarks: Remarks,
): IntentionDeclaration[] {
  return entries
    .filter(({ Kind, Name }) => Kind === "service-intentions" && services.includes(Name))
    .flatMap((entry) => {
      const block = (text: string) => remarks.add("blocks", entry.Name, text);
      if (entry.JWT) block("its intentions ask for JSON Web Tokens, which a declaration cannot");
      return ((entry.Sources ?? []) as LiveSource[]).flatMap((source) => {
        if (source.Peer || source.SamenessGroup) {
          block(`${source.Name} of another cluster may call it, which a declaration cannot say`);
          return [];
        }
        if (source.Name !== "*" && !declared.has(source.Name)) {
          block(`${source.Name}, which is no service in Consul and not named, has an intention for it`);
          return [];
        }
        return intentionOf(entry.Name, source, derived, block);
      });
    });
}

function intentionOf(
  destination: string,
  { Name: source, Action, Permissions }: LiveSource,
  derived: (source: string, destination: string) => boolean,
  block: (text: string) => void,
): IntentionDeclaration[] {
  if (Permissions?.length) {
    if (Permissions.some(({ JWT }) => JWT))
      block(`the intention of ${source} asks for JSON Web Tokens, which a declaration cannot`);
    const permissions = Permissions.map(({ Action, HTTP }) => permissionOf(Action, HTTP ?? {}));
    return [{ source, destination, permissions }];
  }
  const action = Action === "deny" ? "deny" : "allow";
  return action === "allow" && derived(source, destination) ? [] : [{ source, destination, action }];
}

function permissionOf(action: string, http: Record<string, unknown>): PermissionDeclaration {
  const header = (http.Header ?? []) as Record<string, unknown>[];
  const methods = (http.Methods ?? []) as string[];
  return {
    action: action === "deny" ? "deny" : "allow",
    http: {
      ...filled(http, { PathExact: "pathExact", PathPrefix: "pathPrefix", PathRegex: "pathRegex" }),
      ...(methods.length > 0 && { methods }),
      ...(header.length > 0 && { header: header.map((one) => filled(one, HEADER) as HeaderPermissionDeclaration) }),
    },
  };
}

const HEADER = {
  Name: "name",
  Present: "present",
  Exact: "exact",
  Prefix: "prefix",
  Suffix: "suffix",
  Contains: "contains",
  Regex: "regex",
  Invert: "invert",
  IgnoreCase: "ignoreCase",
};

/** These fields under their new names, as far as they say something. */
const filled = (from: Record<string, unknown>, names: Record<string, string>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(names).flatMap(([old, name]) => (from[old] ? [[name, from[old]]] : [])));
