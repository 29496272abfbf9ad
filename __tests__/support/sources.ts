/** The files of this repository that a person wrote, for tests of the sources themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folders whose content is downloaded, built or secret. */
const OTHERS = [
  "node_modules",
  "cdktf.out",
  "coverage",
  ".git",
  ".terraform",
  "lab/.state",
  "lab/bin",
  "secrets",
  "ssh-keys",
];

const isGenerated = (text: string): boolean => /^\/\/ (Code generated|Generated from) /.test(text);

export interface Source {
  /** From the project's folder. */
  file: string;
  text: string;
}

/** Every file with one of these endings, such as `.ts`. Generated files are left out. */
export function sources(...endings: string[]): Source[] {
  return below("")
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => ({ file, text: readFileSync(file, "utf8") }))
    .filter(({ text }) => !isGenerated(text));
}

function below(folder: string): string[] {
  return readdirSync(folder || ".", { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (OTHERS.includes(path) || OTHERS.includes(entry.name)) return [];
    return entry.isDirectory() ? below(path) : [path];
  });
}

/** Whether a file belongs to the tests: in TypeScript by its folder, in Go by its name and by the packages that only tests use. */
export const isOfTests = (file: string): boolean =>
  file.startsWith("__tests__/") || file.endsWith("_test.go") || /^node\/(.*\/)?(fake|consultest|hosttest)\//.test(file);
