import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of a Go module that make its programs, sorted; its tests are not among them. */
export function goSources(module: string): string[] {
  const all = readdirSync(module, { recursive: true, encoding: "utf8" });
  return all.filter((file) => /(\.go|go\.mod|go\.sum)$/.test(file) && !file.endsWith("_test.go")).sort();
}

/** Twelve hex digits that change with a file's name or content. */
export function hashOf(folder: string, files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(folder, file)))
      .update("\0");
  return hash.digest("hex").slice(0, 12);
}
