// Writes the files that are generated from others: `npm run generate`.
import { writeWhole } from "./cache";
import { generateNodeDocuments, NODE_DOCUMENTS } from "./node-documents";

generateNodeDocuments(console.log).then(
  (text) => writeWhole(NODE_DOCUMENTS, text),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
