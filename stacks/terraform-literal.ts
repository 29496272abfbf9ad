/** Text for a Terraform argument that comes out unchanged: `${` and `%{` would start a template. */
export function terraformLiteral(text: string): string {
  return text.replace(/\$\{/g, "$$$${").replace(/%\{/g, "%%{");
}
