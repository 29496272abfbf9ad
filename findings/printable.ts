/** Text from nodes and from Consul, made safe for a terminal and for a printed command. */
import { shellWord as quoted } from "../templates";

/** Control and format characters: escape sequences, DEL, and those that turn the direction of text around. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line for a terminal: line breaks and tabs become a space, other control characters are left out. */
export function printable(text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, " ").replace(HIDDEN, "");
}

const codeUnits = (text: string): string =>
  text.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** JSON for a terminal: the same value, its control characters escaped. JSON itself does so only for the first 32. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(HIDDEN, (one) => (one === "\n" ? one : codeUnits(one)));
}

/**
 * One word of a command that a person may copy into a shell. A word with control characters is written as bash and zsh
 * read it, so that `printable` changes nothing in it.
 */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  if (text.search(HIDDEN) < 0) return quoted(text);
  const escaped = text.replace(/[\\']/g, "\\$&").replace(HIDDEN, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : codeUnits(one);
  });
  return `$'${escaped}'`;
}

/** A word that names something: never taken for an option. */
export function operand(text: string): string {
  return `${text.startsWith("-") ? "-- " : ""}${shellWord(text)}`;
}
