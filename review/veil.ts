/** Hides what looks like a secret: a declaration should hold none, and a comment is read by more people than a machine. */

const SECRET = "(?:token|passw(?:or)?d|passphrase|secret|credentials?|private[-_]?key|api[-_]?key|access[-_]?key)";

/** A name that says so, then its value: to the end of a quoted string, or else of the word. */
const named = new RegExp(
  `([A-Za-z0-9_.-]*${SECRET}(?![A-Za-z0-9_-]*file)[A-Za-z0-9_-]*["']?\\s*[=: ]\\s*)("(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'|[^\\s"',}]+)`,
  "gi",
);
/** user:password@host in a URL. */
const inUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi;
const pem = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** The text with every secret value replaced; lines stay lines, so that a diff stays a diff. */
export function veiled(text: string): string {
  return text
    .replace(
      pem,
      (whole, begin: string) => `${begin}${"\n (not shown)".repeat(Math.max(1, whole.split("\n").length - 1))}`,
    )
    .replace(inUrl, "$1(not shown)")
    .replace(named, "$1(not shown)");
}
