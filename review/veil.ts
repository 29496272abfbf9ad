/** Hides what looks like a secret: a declaration should hold none, and a comment is read by more people than a node. */
import { layout } from "../model";

const HIDDEN = "(not shown)";
const notYetHidden = "(?!\\(not shown\\))";
/** No secrets: a switch, the beginning of a block, a variable's name and a file that Gatehouse puts on a node. */
const harmless = `(?!(?:true|false|null|\\{|\\$\\{?[A-Z_]+\\}?)(?:\\s|$))(?!(?:[a-z]+:)?${layout.folders.gatehouse}/)`;

const SECRET =
  "(?:token|passw(?:or)?d|pass(?![a-z])|pwd|passphrase|secret|credentials?|authorization|cookie|salt(?![a-z])|webhook|dsn(?![a-z])|" +
  "connection[-_]?string|encrypt(?![a-z])|(?:[-_]|private|api|access|signing|encryption|session|account|auth)[-_]?key(?![a-z]))";

/** The name of a file that holds a secret is none. */
const NAME = `(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]*${SECRET}(?!(?:[A-Za-z0-9_-]*[-_])?file(?![A-Za-z0-9_-]))[A-Za-z0-9_-]*`;
const QUOTED = `"(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'`;

const VALUE = `${notYetHidden}${harmless}(${QUOTED}|\\[[^\\]\\n]*\\]|[^\\s"'\`]+)`;

/** A name, then its value: to the end of a quoted string, or else of the word. A list counts to its end on the line. */
const named = new RegExp(`(${NAME}["']?[^\\S\\n]*[=:][^\\S\\n]*)${VALUE}`, "gim");
/** The same with a space between them: not in a comment, which has words, nor after a variable or the last part of a path. */
const spaced = new RegExp(`(?<!^[^\\S\\n]*#.*)(?<![$/])(${NAME}["']?[^\\S\\n]+(?![=:]))${VALUE}`, "gim");
/** The same within one pair of quotes: "--token=two words". */
const withinQuotes = new RegExp(`"([^"\\n]*?${NAME}[=:]\\s*)${notYetHidden}(?:[^"\\\\\\n]|\\\\.)+"`, "gi");
/** The name and the value as two items of a list: ["-token", "value"]. */
const nextItem = new RegExp(`("[^"\\n]*?${NAME}"\\s*,\\s*)(${QUOTED})`, "gi");
/** In a sentence a space is no sign of a value. */
const namedInWords = new RegExp(`(${NAME}["']?[=:][^\\S\\n]?)${notYetHidden}${harmless}(${QUOTED}|[^\\s"'\`]+)`, "gi");

const pem = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const lineAboutSecrets = new RegExp(`^.*${SECRET}.*$`, "gim");

/** Values that are secrets whatever their names: each with the part in front that is shown. */
const shapes: RegExp[] = [
  /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s"'`<>@]+(?=@)/gi, // user:password@host, token@host
  /(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/-]{8,}=*/gi,
  /()\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|hv[sbr]\.|sk[-_](?:live[-_]|test[-_])?|npm_|pypi-|AIza)[A-Za-z0-9_-]{16,}/g,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /()\b[A-Za-z0-9]{10,20}\.atlasv1\.[A-Za-z0-9_-]{20,}/g,
  /()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, // a JSON web token
  /()(?<![A-Za-z0-9+/_.-])(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{43}=)(?![A-Za-z0-9=])/g, // a key of 16 or 32 bytes
  /()(?<![A-Za-z0-9+/_.-])(?!\/[a-z]+\/)(?=[^\s"']*[0-9])(?=[^\s"']*[a-z])(?=[^\s"']*[A-Z])[A-Za-z0-9+/]{40,}={0,2}(?![A-Za-z0-9])/g,
];

/** The text of a file with every secret value replaced; lines stay lines, so that a diff stays a diff. */
export function veiled(text: string): string {
  return withoutShapes(text.replace(pem, withoutKey))
    .replace(nextItem, `$1"${HIDDEN}"`)
    .replace(withinQuotes, `"$1${HIDDEN}"`)
    .replace(named, `$1${HIDDEN}`)
    .replace(spaced, `$1${HIDDEN}`);
}

function withoutKey(whole: string, begin: string): string {
  const more = whole.split("\n").length - 1;
  return begin + (more === 0 ? ` ${HIDDEN}` : `\n${HIDDEN}`.repeat(more));
}

/** The same of a whole comment, which has sentences besides values. What is hidden already stays as it is. */
export const veiledWords = (text: string): string => withoutShapes(text).replace(namedInWords, `$1${HIDDEN}`);

const withoutShapes = (text: string): string =>
  shapes
    .reduce((shown, shape) => shown.replace(shape, `$1${HIDDEN}`), text)
    .replace(lineAboutSecrets, (line) => line.replace(UUID, HIDDEN));
