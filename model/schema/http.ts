/** Fields of HTTP matches, shared by intentions and service-routers. */
import { z } from "zod";
import { regexFault } from "../formats/regex";
import type { Fault } from "../problem";
import { field, judged, text } from "./fields";

/** The methods that Consul knows. */
export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"] as const;

/** One HTTP method, upper case. */
export const httpMethod = field(z.enum(HTTP_METHODS), `write one of ${HTTP_METHODS.join(", ")}, in upper case`);

/** The name of an HTTP header. */
export const httpHeaderName = text("write the header's name, for example `x-tenant`", headerNameFault);

/** A regular expression in RE2's syntax. */
export const regex = field(judged(z.string(), regexFault), "write a regular expression, for example `/v[12]/.*`");

function headerNameFault(name: string): Fault | undefined {
  if (/^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return undefined;
  return {
    reason: name === "" ? "the header's name is empty" : "this is not a name that an HTTP header can have",
    remedy: "use letters, digits and `-`, for example `x-tenant`",
  };
}
