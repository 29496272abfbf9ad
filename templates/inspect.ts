/** The script with which gatehouse-node looks at a node; `Report` is what it prints. */
import { layout } from "../model";
import type { Inspection } from "./node-documents";
import { nodeScript } from "./program";

/** For the standard input of a shell. */
export function inspectProgram(inspection: Inspection): string {
  return nodeScript("inspect", inspection, layout.programOf(inspection.mesh));
}
