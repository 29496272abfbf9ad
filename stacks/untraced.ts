/**
 * Runs work without the stack traces that cdktf takes of every value it meets: reading them back through source maps is
 * a fifth of a large synth, and are never shown. Errors keep theirs.
 */
export function untraced<T>(work: () => T): T {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (subject, calls) =>
    subject instanceof Error ? [String(subject), ...calls].join("\n    at ") : "";
  try {
    return work();
  } finally {
    Error.prepareStackTrace = before;
  }
}
