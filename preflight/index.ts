/** Looks at the nodes before a deploy. */

export { preflight } from "./look";
export { json, text } from "./report";
