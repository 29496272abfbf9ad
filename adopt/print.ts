/** A declaration as the TypeScript of a mesh file. Pure. */
import { printable } from "../findings";
import type { MeshDeclaration } from "../model";
import type { Remark } from "./remarks";

/** As the project's formatter has it. */
const WIDTH = 120;

/** A name that stands in the file without quotes. */
const NAME = /^[A-Za-z_$][\w$]*$/;

/** A piece of TypeScript. */
class Code {
  constructor(readonly text: string) {}
}

/**
 * The whole file.
 * @param keyFile the file with a node's host key
 */
export function meshFile(declaration: MeshDeclaration, remarks: Remark[], keyFile: (node: string) => string): string {
  const { nodes, ...rest } = declaration;
  const withKeys = Object.fromEntries(
    Object.entries(nodes).map(([name, node]) => [
      name,
      { ...node, hostKey: new Code(`hostKeyFrom(${text(keyFile(name))})`) },
    ]),
  );
  const { name, consul, ssh, ...others } = rest;
  const body = fields({ name, consul, ssh, nodes: withKeys, ...others }, remarks);
  return `/**
 * Services that people made, as the mesh ${printable(declaration.name)}: written by \`npx gatehouse adopt\`. Read it, then: npx gatehouse synth
 */
import { defineMesh, hostKeyFrom } from "../model";

export default defineMesh({
${body}
});
`;
}

/** The top of the declaration, a field after the other, with remarks before services and gateways. */
function fields(declaration: Record<string, unknown>, remarks: Remark[]): string {
  return Object.entries(declaration)
    .map(([key, value]) => {
      if (key === "nodes") return `\n  nodes: ${section(value as object, [])},`;
      if (key === "services" || key === "gateways") return `\n  ${key}: ${section(value as object, remarks)},`;
      const line = `  ${key}: ${print(value, "  ", key.length + 5)},`;
      return ["intentions", "configEntries", "takeOver"].includes(key) ? `\n${line}` : line;
    })
    .join("\n");
}

function section(value: object, remarks: Remark[]): string {
  const parts = Object.entries(value).map(([name, one]) => {
    const own = remarks.filter(({ about, kind }) => about === name && (kind === "blocks" || kind === "to do"));
    const comments = own.map(
      ({ kind, text: words }) => `    // ${kind === "blocks" ? "Not taken over yet" : "To do"}: ${printable(words)}\n`,
    );
    return `${comments.join("")}    ${keyOf(name)}: ${print(one, "    ", keyOf(name).length + 7)},\n`;
  });
  return `{\n${parts.join("")}  }`;
}

/** Each workload of a declaration by itself, to be copied into a mesh file. */
export function pieces({
  services = {},
  gateways = {},
  nodes,
  intentions = [],
  configEntries = [],
}: Partial<MeshDeclaration>): string {
  const part = (key: string, value: object) =>
    Object.keys(value).length > 0 ? `${key}: ${print(value, "", key.length + 3)},\n` : "";
  return [
    part("nodes", nodes ?? {}),
    part("services", services),
    part("gateways", gateways),
    part("intentions", intentions),
    part("configEntries", configEntries),
  ].join("");
}

/** On one line where it fits behind `before` characters, else an element a line. */
function print(value: unknown, indent: string, before: number): string {
  const line = onOneLine(value);
  if (typeof value !== "object" || value === null || value instanceof Code) return line;
  if (indent.length + before + line.length <= WIDTH) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((one) => `${inner}${print(one, inner, 1)},\n`).join("")}${indent}]`;
  const parts = Object.entries(value).map(
    ([key, one]) => `${inner}${keyOf(key)}: ${print(one, inner, keyOf(key).length + 3)},\n`,
  );
  return `{\n${parts.join("")}${indent}}`;
}

function onOneLine(value: unknown): string {
  if (value instanceof Code) return value.text;
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(([key, one]) => `${keyOf(key)}: ${onOneLine(one)}`);
    return parts.length > 0 ? `{ ${parts.join(", ")} }` : "{}";
  }
  return typeof value === "string" ? text(value) : String(value);
}

const keyOf = (key: string): string => (NAME.test(key) ? key : text(key));

/** A string literal. Characters that hide or turn text around are escaped, so that a reader sees them. */
const text = (value: string): string =>
  JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) =>
    [...Array(one.length).keys()].map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
