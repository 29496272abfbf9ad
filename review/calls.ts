/** The calls that a mesh allows and denies, as its intentions say. */
import type { Mesh } from "../model";

/** A call that is allowed or refused. */
export interface Call {
  /** `*` is everyone. */
  caller: string;
  called: string;
  action: "allow" | "deny";
  /** Requests that decide, each with its action; what none matches is refused. @default every request */
  permissions?: string[];
}

interface Source {
  Name: string;
  Action?: "allow" | "deny";
  Permissions?: Permission[];
}

interface Permission {
  Action: string;
  HTTP: {
    PathExact?: string;
    PathPrefix?: string;
    PathRegex?: string;
    Methods?: string[];
    Header?: ({ Name: string } & Record<string, unknown>)[];
  };
}

/** Every call that an intention allows or denies, the deny-all included; in the order of the services that are called. */
export function declaredCalls({ configEntries }: Pick<Mesh, "configEntries">): Call[] {
  return configEntries
    .filter(({ kind }) => kind === "service-intentions")
    .flatMap(({ name: called, config }) =>
      (config.Sources as Source[]).map(({ Name: caller, Action = "allow", Permissions }) => ({
        caller,
        called,
        action: Action,
        ...(Permissions && { permissions: Permissions.map(inWords) }),
      })),
    );
}

function inWords({ Action, HTTP }: Permission): string {
  const { PathExact, PathPrefix, PathRegex, Methods, Header = [] } = HTTP;
  const conditions = [
    ...(PathExact === undefined ? [] : [`the path ${PathExact}`]),
    ...(PathPrefix === undefined ? [] : [`paths that begin with ${PathPrefix}`]),
    ...(PathRegex === undefined ? [] : [`paths that match ${PathRegex}`]),
    ...Header.map(({ Name, ...match }) => `the header ${Name} (${matchInWords(match)})`),
  ];
  const requests = Methods?.length ? Methods.join(", ") : "every method";
  return [`${Action} ${requests}`, ...(conditions.length > 0 ? [`for ${conditions.join(" and ")}`] : [])].join(" ");
}

const matchInWords = (match: Record<string, unknown>): string =>
  Object.entries(match)
    .map(([how, value]) => (value === true ? how.toLowerCase() : `${how.toLowerCase()} ${String(value)}`))
    .join(", ");
