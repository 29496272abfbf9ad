/** Something that a deploy would meet. */
export interface Finding {
  /** The machine, or "this machine" for the one that deploys. */
  node: string;
  /** A problem stops the deploy; a warning and a note do not. */
  severity: "problem" | "warning" | "note";
  /** What was looked at, in a word or two. */
  check: string;
  found: string;
  /** Why it matters. */
  reason: string;
  /** What to do. */
  remedy: string;
}

/** The machine that deploys, among the nodes. */
export const HERE = "this machine";
