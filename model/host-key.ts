import { readFileSync } from "node:fs";

/**
 * A machine's public host key out of a `.pub` file, for a node's `hostKey`.
 * @param file path from the project's folder; `npm run trust` writes it when it is not there
 * @returns what `ssh-keygen` wrote there; without such a file a text that says so, which the check of the declaration
 * then refuses in its place
 */
export function hostKeyFrom(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return `no file ${file} yet`;
  }
}

/** The file that `hostKeyFrom` did not find. Undefined when this is another text. */
export function missingKeyFile(hostKey: string): string | undefined {
  return /^no file (.+) yet$/s.exec(hostKey)?.[1];
}
