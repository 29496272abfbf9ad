/** Writes a first declaration from what people made: facts, declaration, TypeScript, report. */

export { type Draft, draftOf } from "./draft";
export { type Found, type FoundConsul, isKnownKind, type Workload, workloadsOf } from "./found";
export { newsFor } from "./news";
export { meshFile, pieces } from "./print";
export { readConsul } from "./read-consul";
export { readNodes } from "./read-nodes";
export { choiceText, placesText, reportOf } from "./report";
