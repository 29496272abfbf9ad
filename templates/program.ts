/** Packs what one ssh connection carries: a small starter script with a bundle of files behind it. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";
import { readTemplate } from "./engine";
import { shellWord } from "./escape";

/** File contents by path within the bundle. `main.sh` is run with the bundle's folder as its argument. */
export type Bundle = Record<string, string> & { "main.sh": string };

/** A shell program that unpacks the bundle, runs its `main.sh` with bash and leaves nothing behind. */
export function program(bundle: Bundle): string {
  // The fixed time makes the same bundle the same text.
  const files = Object.entries(bundle).map(([name, data]) => ({ name, data, attrs: { mtime: 0, mode: "644" } }));
  const packed = gzipSync(createTar(files)).toString("base64");
  return readTemplate("shell/run.sh") + packed.replace(/.{1,76}/g, "$&\n");
}

/**
 * A shell program that hands a document to a verb of gatehouse-node. The document is readable text, so that whoever reviews
 * `cdk.tf.json` sees what a node gets.
 */
export function nodeProgram(verb: string, document: object): string {
  // No line of indented JSON is the word that ends it: a string's line ends are escaped.
  return `#!/bin/sh
exec /opt/gatehouse/bin/gatehouse-node ${verb} <<'DOCUMENT'
${JSON.stringify(document, null, 2)}
DOCUMENT
`;
}

/** The same program for whoever asks: packed once. */
export function once(pack: () => string): () => string {
  let packed: string | undefined;
  return () => {
    packed ??= pack();
    return packed;
  };
}

/** A file of `NAME='value'` lines for a shell to read. */
export function shellConf(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shellWord(String(value ?? ""))}\n`)
    .join("");
}

/** SHA-256 of the parts in their order, lower-case hex. */
export function contentHash(...parts: string[]): string {
  const hash = createHash("sha256");
  // Each part's length keeps ("ab", "c") apart from ("a", "bc").
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex");
}
