/**
 * One function a language: the program that reads the rendered text gets what a person wrote, unchanged. Control characters and lone
 * surrogates are refused by the model before any of these sees them.
 */
import type { AgentSetting } from "../model";

/** A quoted HCL string. `${` and `%{` would start a template in HCL 2 and confuse HCL 1's scanner. */
export function hclString(text: string): string {
  return JSON.stringify(text)
    .replace(/\$(?=\{)/g, "\\u0024")
    .replace(/%(?=\{)/g, "\\u0025");
}

/** A value of HCL 1, as Consul's agents read it, on one line. */
export function hclValue(value: AgentSetting): string {
  if (typeof value === "string") return hclString(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(hclValue).join(", ")}]`;
  const fields = Object.entries(value).map(([name, inner]) => `${hclString(name)} = ${hclValue(inner)}`);
  return `{ ${fields.join(", ")} }`;
}

/**
 * One word of ExecStart=. systemd.service(5): `%` starts a specifier, `$` a variable; systemd.syntax(7): quotes and
 * backslash escapes.
 */
export function systemdWord(text: string): string {
  const literal = text.replace(/%/g, "%%").replace(/\$/g, "$$$$");
  if (/^[A-Za-z0-9_@:,./+=%-]+$/.test(text)) return literal;
  return `"${literal.replace(/["\\]/g, "\\$&")}"`;
}

/** A value of EnvironmentFile=. systemd.exec(5): in double quotes a backslash escapes `"`, `\`, `` ` `` and `$`. */
export function environmentValue(text: string): string {
  return `"${text.replace(/["\\`$]/g, "\\$&")}"`;
}

/** A value in a file of `NAME='value'` lines that a shell reads. */
export function shellWord(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** A double-quoted YAML scalar: JSON's strings are YAML's. */
export function yamlString(text: string): string {
  return JSON.stringify(text);
}
