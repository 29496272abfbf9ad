/** Text for a Terraform argument that comes out unchanged: `${` and `%{` would start a template. */
export function terraformLiteral(text: string): string {
  return text.replace(/\$\{/g, "$$$${").replace(/%\{/g, "%%{");
}

/**
 * The same for a text of many lines, as one quoted string. Terraform reads a plain text line by line, some ten times a plan,
 * and appends each line to a copy of all before it: with every file of a large mesh that was a fifth of its plan.
 */
export function terraformString(text: string): string {
  const escaped = terraformLiteral(text).replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
  return `\${"${escaped}"}`;
}

/**
 * The lines of a text for `inline`, which Terraform joins again. It refuses an empty one, so that empty lines belong to
 * the line before them.
 */
export function terraformLines(text: string): string[] {
  return terraformLiteral(text).split(/(?<!^)\n(?!\n|$)/);
}

/** The expression, without `${}`, of a file's text as Terraform reads it when it runs. */
export function fileText(path: string): string {
  return `file(${JSON.stringify(terraformLiteral(path))})`;
}
