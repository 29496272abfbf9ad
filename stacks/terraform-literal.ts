/** Text for a Terraform argument that comes out unchanged: `${` and `%{` would start a template. */
export function terraformLiteral(text: string): string {
  return text.replace(/\$\{/g, "$$$${").replace(/%\{/g, "%%{");
}

/** The expression, without `${}`, of a file's text as Terraform reads it when it runs. */
export function fileText(path: string): string {
  return `file(${JSON.stringify(terraformLiteral(path))})`;
}
