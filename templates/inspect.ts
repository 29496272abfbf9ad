/** The script with which gatehouse-node looks at a node; `Report` is what it prints. */
import type { Inspection } from "./node-documents";
import { nodeProgram } from "./program";

/** For the standard input of a shell. */
export function inspectProgram(inspection: Inspection): string {
  return nodeProgram("inspect", inspection);
}
