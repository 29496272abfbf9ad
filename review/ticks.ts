import { printable } from "../findings";

/** A code span that what is in it cannot end: no mention, link or HTML in it is one. */
export function ticks(text: string): string {
  const shown = printable(text.replace(/\s+/g, " "));
  const run = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(run + 1);
  const space = run > 0 ? " " : "";
  return `${fence}${space}${shown}${space}${fence}`;
}

/** A name as it is where it can be nothing but a word, and else as a code span. */
export const word = (text: string): string => (/^[A-Za-z0-9-]+$/.test(text) ? text : ticks(text));

/** Several of them. */
export const wordList = (names: readonly string[]): string => names.map(word).join(", ");
