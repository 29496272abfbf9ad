/** Reads arguments of the synthesized Terraform as Terraform would, independent of what writes them. */

/** The inside of an argument that is one quoted string, `${"..."}`. Undefined of any other. */
export const quotedString = (argument: string): string | undefined =>
  /^\$\{"((?:[^"\\\n\r]|\\[^\n\r])*)"\}$/u.exec(argument)?.[1];

/** Text without expressions: `$${` is a literal `${`, `%%{` a literal `%{`; the plain forms would start an expression. */
export function readTemplate(source: string): string {
  return source.replace(/([$%]?)([$%])\{/g, (match, before: string, sign: string) => {
    if (before !== sign) throw new Error(`Terraform would evaluate ${match}`);
    return `${sign}{`;
  });
}

/** The text of an argument that is a text, quoted or not. */
export function readText(argument: string): string {
  const quoted = quotedString(argument);
  if (quoted === undefined) return readTemplate(argument);
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };
  return readTemplate(quoted).replace(/\\(.)/gu, (match, char: string) => {
    const read = escapes[char];
    if (read === undefined) throw new Error(`Terraform knows no ${match}`);
    return read;
  });
}

/**
 * The text that `remote-exec` uploads for its `inline`.
 * @param locals of the stack, which an item may name; a resource's own id is 4711
 */
export function readInline(inline: string[], locals: Record<string, string> = {}): string {
  if (inline.includes("")) throw new Error("Terraform refuses an empty line of `inline`");
  const created = (item: string) => item.replace(/^(RESOURCE='[\w.-]+'\nCREATION=)'\$\{self\.id\}'$/m, "$1'4711'");
  const text = (item: string) => locals[/^\$\{local\.(\w+)\}$/.exec(item)?.[1] ?? ""] ?? created(item);
  return inline.map((item) => readTemplate(text(item))).join("\n");
}

/** The files in a text for review, each as its path and content. */
export function filesIn(text: string): [path: string, content: string][] {
  const parts = text.split(/^==> (\S+) \(0[0-7]{3}\) <==\n/mu);
  const pairs: [string, string][] = [];
  for (let at = 1; at < parts.length; at += 2) {
    const content = parts[at + 1]!;
    const last = at + 2 >= parts.length;
    pairs.push([parts[at]!, last ? content : content.replace(/\n$/, "")]);
  }
  return pairs;
}
