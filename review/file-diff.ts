/** A changed file as Markdown. Pure. */
import { formatPatch, structuredPatch } from "diff";
import { printable } from "../findings";
import type { Changes } from "./compare";
import { ticks } from "./ticks";
import { veiled } from "./veil";

/** One file as a collapsed diff, and the line that replaces the diff where there is no room. */
export function fileDiff({ node, path, before, after }: Changes["files"][number]): { text: string; short: string } {
  const lines = veiledPatch(before, after);
  const plus = lines.filter((line) => line.startsWith("+")).length;
  const minus = lines.filter((line) => line.startsWith("-")).length;
  const what = before === "" ? "new" : after === "" ? "removed" : `+${plus} −${minus}`;
  const name = `${node}:${path}`;
  const shown = lines.map(visible).join("\n").trimEnd();
  const run = Math.max(2, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(run + 1);
  const title = `<code>${escaped(printable(name))}</code> ${what}`;
  return {
    text: `<details><summary>${title}</summary>\n\n${fence}diff\n${shown}\n${fence}\n\n</details>`,
    short: `- ${ticks(name)} ${what} (left out: it does not fit)`,
  };
}

/**
 * The lines of the diff of what is in the files, written with what may be shown. Each file is veiled whole: a diff may begin
 * in the middle of a key. So a secret that changed is a change, and neither value is to be seen.
 */
function veiledPatch(before: string, after: string): string[] {
  const patch = structuredPatch("", "", before, after, "", "", { context: 3 });
  const [old, now] = [veiled(before).split("\n"), veiled(after).split("\n")];
  for (const hunk of patch.hunks) {
    let [oldAt, nowAt] = [hunk.oldStart - 1, hunk.newStart - 1];
    hunk.lines = hunk.lines.map((line) => {
      const sign = line.charAt(0);
      if (sign === "\\") return line; // "No newline at end of file"
      const shown = sign === "-" ? old[oldAt] : now[nowAt];
      if (sign !== "+") oldAt++;
      if (sign !== "-") nowAt++;
      return `${sign}${shown ?? ""}`;
    });
  }
  return formatPatch(patch).split("\n").slice(4); // its head says what the summary says
}

/** Control characters, and those that turn the direction of text around, as their numbers: such a change is to be seen. */
const visible = (line: string): string =>
  line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) =>
    one === "\t" ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  );

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
