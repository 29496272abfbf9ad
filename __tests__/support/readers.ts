/** Readers of the rendered languages, written from their manuals and independent of what writes them. */

/** Words of an ExecStart= line as systemd.service(5) and systemd.syntax(7) read them. */
export function readExecStart(unit: string): string[] {
  const line =
    unit
      .split("\n")
      .find((one) => one.startsWith("ExecStart="))
      ?.slice("ExecStart=".length) ?? "";
  const words: string[] = [];
  let word = "";
  let quote = "";
  let inWord = false;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === "\\") {
      word += line.charAt(++at);
    } else if (quote) {
      if (char === quote) quote = "";
      else word += char;
    } else if ((char === '"' || char === "'") && !inWord) {
      quote = char;
    } else if (char === " ") {
      if (inWord) words.push(expand(word));
      word = "";
      inWord = false;
      continue;
    } else {
      word += char;
    }
    inWord = true;
  }
  if (inWord) words.push(expand(word));
  return words;
}

/** `%%` and `$$` stand for themselves; anything else after `%` or `$` would be replaced by something foreign. */
function expand(word: string): string {
  return word.replace(/%(.)|\$(.)/gs, (pair) => {
    if (pair === "%%") return "%";
    if (pair === "$$") return "$";
    throw new Error(`systemd would replace ${pair} in ${word}`);
  });
}

/** An EnvironmentFile= as systemd.exec(5) reads it. */
export function readEnvironmentFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, quoted] = /^([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"$/su.exec(line) ?? [];
    if (name === undefined || quoted === undefined) throw new Error(`not a variable: ${line}`);
    variables[name] = quoted.replace(/\\(["\\`$])/g, "$1");
  }
  return variables;
}

/**
 * The strings of an HCL attribute. An HCL string is a JSON string as long as it starts no template; HCL 2 would
 * evaluate `${` and `%{`, and HCL 1's scanner looks for the closing brace.
 */
export function readHclStrings(hcl: string, attribute: string): string[] {
  const line = hcl.split("\n").find((one) => one.trim().startsWith(`${attribute} `));
  if (line === undefined) throw new Error(`no attribute ${attribute}`);
  const literals = line.match(/"(?:[^"\\]|\\.)*"/gu) ?? [];
  return literals.map((literal) => {
    if (/[$%]\{/.test(literal)) throw new Error(`HCL would evaluate ${literal}`);
    return JSON.parse(literal) as string;
  });
}
