/** Looks at the nodes before a deploy. */

export { type PreflightOptions, preflight } from "./look";
export { json, text } from "./report";
