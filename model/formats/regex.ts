/** Regular expressions, which Envoy reads with RE2. */
import type { Fault } from "../checking/problem";

const REMEDY = "write it in RE2's syntax: https://github.com/google/re2/wiki/Syntax";

/** The part of a regular expression that RE2 cannot read, as far as this is known without RE2. */
export function regexFault(source: string): Fault | undefined {
  if (source === "") return { reason: "the regular expression is empty", remedy: REMEDY };
  const text = source.replace(/\\\\/g, "");
  if (/\(\?(=|!|<=|<!)/.test(text)) {
    return {
      reason: "the regular expression looks ahead or behind, which RE2 cannot",
      remedy: `match what follows instead; ${REMEDY}`,
    };
  }
  if (/\\[1-9]|\\k</.test(text)) {
    return {
      reason: "the regular expression refers back to a group, which RE2 cannot",
      remedy: `write the alternatives out; ${REMEDY}`,
    };
  }
  try {
    // Flags such as `(?i)` and named groups `(?P<name>` are RE2's own and unknown to JavaScript.
    new RegExp(
      source
        .replace(/\(\?[imsU-]+\)/g, "")
        .replace(/\(\?[imsU-]+:/g, "(?:")
        .replace(/\(\?P</g, "(?<"),
    );
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^Invalid regular expression: .*: /, "") : "";
    return { reason: `this is not a regular expression: ${message.toLowerCase()}`, remedy: REMEDY };
  }
}
