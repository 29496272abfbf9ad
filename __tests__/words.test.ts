/** The words of docs/glossary.md, and sentences with a subject: some words and beginnings of comments are not used. */
import { type Source, sources } from "./support/sources";

/** With the word to write instead. */
const avoided: [pattern: RegExp, instead: string][] = [
  // `--mend` is an option's earlier name.
  [/(?<!--)\bmend(s|ed|ing)?\b/i, "fix or repair"],
  [/\banew\b/i, "again"],
  [/\bbeside\b/i, "next to, in addition to, or besides"],
  [/\bwhom\b/i, "who, or the service that is called"],
  [/\bsomebody\b/i, "a person, or the subject by its name"],
  [/\bnobody\b/i, "no person, none, or the subject by its name"],
];

/** A comment that begins with one of these has no subject. Go's comment on a field `Of` has one. */
const beginning = /^\s*(?:\/\*\*|\/\/|#)\s*(?:What|Of(?! is\b))\b/;
const secondLine = /^\s*\*\s+(?:What|Of)\b/;

/** Names that are not ours to choose: Linux's user, and a field of `--json` that earlier versions had. */
const names = /"nobody"|nobody:root|\bmends:|\.mends\b/g;

/** Lines with this are quotations or names of other programs; the reason follows it. */
const REASON = "avoided word:";

/** Files that are rendered for nodes: a change of a comment is another release of every instance, so they change all at once. */
const rendered = /^templates\/.*\.(hcl|service|sh|yaml|env)$/;

const LANGUAGES = [".ts", ".js", ".go", ".sh", ".hcl", ".service", ".yaml", ".yml", ".md"];

function faults({ file, text }: Source): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const before = lines[index - 1] ?? "";
    if (line.includes(REASON) || before.includes(REASON)) return [];
    const prose = (file.endsWith(".md") ? line.replace(/`[^`]*`/g, "") : line).replace(names, "");
    const at = `${file}:${index + 1}`;
    const words = avoided.filter(([pattern]) => pattern.test(prose)).map(([, instead]) => `${at}: write ${instead}`);
    return begins(line, before) && !file.endsWith(".md")
      ? [...words, `${at}: begin the comment with its subject`]
      : words;
  });
}

function begins(line: string, before: string): boolean {
  if (/^\s*\/\*\*\s*$/.test(before)) return secondLine.test(line);
  return beginning.test(line) && !/^\s*(\/\/|#)/.test(before);
}

const others = (file: string): boolean => rendered.test(file) || file === "__tests__/words.test.ts";

test("no comment, doc or message has an avoided word", () => {
  expect(
    sources(...LANGUAGES)
      .filter(({ file }) => !others(file))
      .flatMap(faults),
  ).toEqual([]);
});

test.each([
  ["// It is made anew."],
  ["/** What a node says. */"],
  ["/**\n * Of each instance, its token.\n */"],
  ["# What is there"],
  ['throw new Error("nobody answers");'],
])("%j would be found", (text) => expect(faults({ file: "some.ts", text })).toHaveLength(1));

test.each([
  ["// as it is, and\n// What a person wrote"],
  ["const fix = '--mend';"],
  ["// Of is the service that a sidecar is for."],
  ["// avoided word: the user of this name\nuser: nobody"],
])("%j is no fault", (text) => expect(faults({ file: "some.ts", text })).toEqual([]));
