/** Looks at the nodes before a deploy. */

export { Asker } from "./ask";
export { judgeEntries, unmarked } from "./judge-entries";
export { type PreflightOptions, preflight } from "./look";
export { askRan, ranOn } from "./ran";
export { json, text } from "./report";
