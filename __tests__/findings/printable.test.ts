import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { operand, printable, printableJson, shellWord } from "../../findings";
import { nasty } from "../support/nasty";
import { asShellReads, control, hostile } from "../support/terminal";

describe("text for a terminal", () => {
  test("has no control characters, and stays in its line", () => {
    expect(printable(hostile)).toBe("a[2Jb31mcdef");
    expect(printable("one\ntwo\tthree\r\nfour")).toBe("one two three four");
    expect(printable("é😀 plain")).toBe("é😀 plain");
  });

  test("is the same value as JSON, without a control character in the raw text", () => {
    const raw = printableJson({ hostile, list: ["é😀"] });
    expect(JSON.parse(raw)).toEqual({ hostile, list: ["é😀"] });
    expect(raw).not.toMatch(control);
  });
});

describe("a word of a printed command", () => {
  test.each([...nasty, "a;b", "a\nb", "\u001b[2J", "\u202e'\\", "\u009bx", "*", "~", "!x", "-id=x"])("%j", (word) => {
    expect(asShellReads(shellWord(word))).toEqual([word]);
    expect(shellWord(word)).not.toMatch(control);
    expect(shellWord(word)).not.toContain("\n");
    expect(printable(shellWord(word))).toBe(shellWord(word));
  });

  test("stays as it is where a shell would take it so", () => {
    expect(["frontend", "backend-sidecar-proxy.service", "/home/deploy"].map(shellWord)).toEqual([
      "frontend",
      "backend-sidecar-proxy.service",
      "/home/deploy",
    ]);
  });

  test("is no option where a name is meant", () => {
    expect([operand("a.service"), operand("-Hother.service")]).toEqual(["a.service", "-- -Hother.service"]);
  });
});

test.each(["doctor", "preflight", "nodes", "findings"])(
  "no regular expression of %s is built from a name",
  (folder) => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const built = files.filter((name) => readFileSync(join(folder, name), "utf8").includes("new RegExp("));
    expect(files).not.toEqual([]);
    expect(built).toEqual([]);
  },
);
