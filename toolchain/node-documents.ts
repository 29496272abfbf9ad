import { join } from "node:path";
import { goTools } from "./go";
import { goSources } from "./go-sources";
import { NODE_MODULE } from "./node-program";
import type { Report } from "./parts";
import { output } from "./process";

/** Where the generated types are. */
export const NODE_DOCUMENTS = join(__dirname, "..", "templates", "node-documents.ts");

/** The files of node/document, in the order in which TypeScript has their types; any other file follows. */
const ORDER = "document node instance removal probe entries agent inspection made report"
  .split(" ")
  .map((name) => `${name}.go`);

/** The types of the documents that gatehouse-node reads, in TypeScript. */
export async function generateNodeDocuments(report: Report): Promise<string> {
  const { go, env } = await goTools(report);
  const found = goSources(join(NODE_MODULE, "document")).filter((file) => !file.includes("/"));
  const sources = [...ORDER.filter((file) => found.includes(file)), ...found.filter((file) => !ORDER.includes(file))];
  const args = ["run", "./document/typescript", ...sources.map((file) => `document/${file}`)];
  const { stdout, stderr, exitCode } = await output(go, args, {}, { cwd: NODE_MODULE, env });
  if (exitCode !== 0) throw new Error(`go ${args.join(" ")}: exit ${exitCode}\n${stderr}`);
  return `${stdout}\n`;
}
