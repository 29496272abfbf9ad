/** Text that a node, Consul or Terraform would refuse or change, though it is text to JavaScript. */
import type { Fault } from "../checking/problem";

/**
 * The first character, or the form, with which a text does not arrive as it was written: systemd drops lines with
 * noncharacters, Consul's parser stops at U+E123, some programs swallow U+FEFF, and Terraform turns every text into NFC.
 */
export function unicodeFault(text: string): Fault | undefined {
  const bad = new RegExp(NEVER.source, "u").exec(text)?.[0];
  if (bad !== undefined) return characterFault(bad);
  if (text === text.normalize("NFC")) return undefined;
  return {
    reason:
      "the text has a letter and its accent as two characters: Terraform joins such (Unicode's form NFC), so another text would arrive",
    remedy: 'write the letter with its accent as one character, or the whole as `text.normalize("NFC")`',
  };
}

/** The text without what `unicodeFault` finds, with which the other checks can go on. */
export function arriving(text: string): string {
  return text.replace(NEVER, "").normalize("NFC");
}

const NEVER = /[\p{Noncharacter_Code_Point}\p{Surrogate}\u{FEFF}\u{E123}]/gu;

function characterFault(character: string): Fault {
  if (/\p{Surrogate}/u.test(character)) {
    return { reason: "the text has half of a surrogate pair in it, which is not valid Unicode", remedy: "remove it" };
  }
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  const reason =
    code === "U+FEFF"
      ? `the text has a byte order mark (${code}) in it, which some programs drop`
      : code === "U+E123"
        ? `the text has ${code} in it, a character for private use that Consul's parser keeps for itself`
        : `the text has ${code} in it, which Unicode reserves: systemd would drop the whole line`;
  return { reason, remedy: "remove it; an editor may not show it" };
}
