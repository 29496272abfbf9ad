/** Text that would do harm on a terminal or in a shell, and how to see that it does not. */
import { spawnSync } from "node:child_process";

/** An escape sequence of each kind (C0, C1), DEL, and what turns the direction of text. */
export const hostile = "a\u001b[2Jb\u009b31mc\u007fd\u202ee\u2066f\u0007\u0000";
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that must not be there
export const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** These words as a shell splits them. */
export function asShellReads(words: string): string[] {
  const { stdout } = spawnSync("bash", ["-c", `printf '%s\\0' ${words}`], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  return stdout.split("\0").slice(0, -1);
}

/** A word that a shell would run, if it were not quoted. */
export const evil = "x; rm -rf / #'\u001b[2J\n";

/** The words of the command that ends a remedy, as a shell reads them. */
export const lastWord = (remedy = "", behind = ""): string | undefined => {
  expect(remedy).toContain(behind);
  expect(remedy).not.toMatch(control);
  return asShellReads(remedy.slice(remedy.indexOf(behind) + behind.length)).join(" ");
};
