/** Strings that a person may choose freely, within what hcl, unit files and a process's arguments can carry. */
import type { Fault } from "../checking/problem";

/** Arguments, environment values and the like: any text without control characters. */
export function textFault(text: string): Fault | undefined {
  const control = /\p{Cc}/u.exec(text);
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    const what = { "000A": "a line break", "0000": "a NUL character", "0009": "a tab" }[code] ?? "a control character";
    return {
      reason: `the text has ${what} (U+${code}) in it, which a unit file or a process's arguments cannot carry`,
      remedy: "remove it; put text of several lines into a file that the program reads",
    };
  }
  return undefined;
}

/** As `textFault`, and not empty. */
export function filledTextFault(text: string): Fault | undefined {
  if (text === "") return { reason: "the text is empty", remedy: "fill it in, or remove the field" };
  return textFault(text);
}

/** A SHA-256 as `sha256sum` prints it. */
export function sha256Fault(sum: string): Fault | undefined {
  if (/^[0-9A-Fa-f]{64}$/.test(sum)) return undefined;
  return { reason: "a SHA-256 is 64 hex digits", remedy: "write what `sha256sum <the binary>` says in front" };
}

/** The name of an environment variable. */
export function variableFault(name: string): Fault | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  return {
    reason: name === "" ? "the variable's name is empty" : "this is not a name that an environment variable can have",
    remedy: "use letters, digits and `_`, and no digit first, for example `LOG_LEVEL`",
  };
}

/** The version of a secret: plans and nodes show it. */
export function versionFault(version: string): Fault | undefined {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(version)) return undefined;
  return {
    reason: version === "" ? "the version is empty" : "this is not a version: it is in plans and on nodes",
    remedy: 'use 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`, for example `"1"`',
  };
}

/** A config entry as `kind/name`. */
export function entryFault(entry: string): Fault | undefined {
  if (/^[a-z]+(-[a-z]+)*\/[^/\s\p{Cc}]+$/u.test(entry)) return undefined;
  return {
    reason: "a config entry is named by its kind and its name with `/` in between",
    remedy: "write what Consul calls it, for example `ingress-gateway/edge` or `service-defaults/web`",
  };
}

/** A login name. */
export function userFault(user: string): Fault | undefined {
  if (/^[a-z_][a-z0-9_.-]{0,31}$/.test(user)) return undefined;
  return {
    reason:
      user === "" ? "the user is empty" : "this is not a login name: it would be taken apart on ssh's command line",
    remedy: "use up to 32 of a-z, 0-9, `_`, `.` and `-`, beginning with a letter or `_`, for example `root`",
  };
}

/** Consul's datacenter. */
export function datacenterFault(name: string): Fault | undefined {
  if (/^[a-z0-9_-]{1,63}$/.test(name)) return undefined;
  return {
    reason: name === "" ? "the datacenter is empty" : "Consul allows only a-z, 0-9, `-` and `_` in a datacenter's name",
    remedy: "use 1 to 63 of a-z, 0-9, `-` and `_`, for example `dc1`",
  };
}

/** A path that is sent in a request line: for the health check and in route and permission matches. */
export function urlPathFault(path: string): Fault | undefined {
  const remedy = "write the path as it stands in a request, for example `/health?full=1`";
  if (!path.startsWith("/")) return { reason: "the path does not begin with `/`", remedy };
  const odd = /[^\u0021-\u007e]|["<>\\^`{|}#]/u.exec(path);
  if (odd) return { reason: `the path has ${JSON.stringify(odd[0])} in it, which a URL cannot carry as it is`, remedy };
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return { reason: "the path has a `%` that no two hex digits follow", remedy };
  return undefined;
}

/** Envoy's clusters as Consul wants them: JSON objects with commas between. */
export function clustersFault(text: string): Fault | undefined {
  try {
    const clusters: unknown[] = JSON.parse(`[${text}]`);
    if (clusters.length > 0 && clusters.every((one) => typeof one === "object" && one !== null)) return textFault(text);
  } catch {
    // said below
  }
  return {
    reason: "these are no JSON objects with commas between",
    remedy: "write what stands between the brackets of `static_resources.clusters` in an Envoy configuration",
  };
}
