/** A text file on a node. */
import { layout } from "../model";

/** A file as a document has it. */
export interface NodeFile {
  /** Absolute path on the node. */
  path: string;
  /** Octal, for example "0644". */
  mode: string;
  content: string;
}

/** @param access who may read it. @default anyone */
export const nodeFile = (
  path: string,
  content: string,
  { mode } = layout.access.anyone as layout.Access,
): NodeFile => ({
  path,
  mode,
  content,
});
