/** Looks at the nodes before a deploy. */

export { type PreflightOptions, preflight } from "./look";
export { askRan, ranOn } from "./ran";
export { json, text } from "./report";
