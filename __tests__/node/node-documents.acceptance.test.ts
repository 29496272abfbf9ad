import { readFileSync } from "node:fs";
import { generateNodeDocuments, NODE_DOCUMENTS } from "../../toolchain";

test("templates/node-documents.ts is what node/document says; when it is not, run `npm run generate`", async () => {
  expect(readFileSync(NODE_DOCUMENTS, "utf8")).toBe(await generateNodeDocuments(() => {}));
}, 120_000);
