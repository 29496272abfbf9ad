/** The script with which gatehouse-node looks at a node; `Report` is what it prints. */
import type { Inspection } from "./node-documents";
import { nodeScript, programOf } from "./program";

/** For the standard input of a shell. */
export function inspectProgram(inspection: Inspection): string {
  return nodeScript("inspect", inspection, programOf(inspection.mesh));
}
