import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compareCatalogue } from "../../doctor/catalogue";
import { drift, Layer } from "../../doctor/causes";
import { compareEntries } from "../../doctor/entries";
import { asText } from "../../doctor/show";
import {
  doctorJson,
  type Finding,
  note,
  operand,
  placeText,
  printable,
  printableJson,
  shellWord,
} from "../../findings";
import { judge } from "../../preflight/judge";
import { json, text } from "../../preflight/report";
import { findingsOn, mesh } from "../support/doctor";
import { nasty } from "../support/nasty";
import { worker } from "../support/parts";
import { lookAt, planOf } from "../support/preflight";

/** An escape sequence of each kind (C0, C1), DEL, and what turns the direction of text. */
const hostile = "a\u001b[2Jb\u009b31mc\u007fd\u202ee\u2066f\u0007\u0000";
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones that must not be there
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** These words as a shell splits them. */
function asShellReads(words: string): string[] {
  const { stdout } = spawnSync("bash", ["-c", `printf '%s\\0' ${words}`], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  return stdout.split("\0").slice(0, -1);
}

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

const findingOf = (words: string): Finding => ({
  ...drift(Layer.Runs, { on: words, what: words }, { expected: words, found: words, remedy: words }),
});

test("the doctor's text and JSON hold no control character of a finding", () => {
  const all = [{}, { blind: true as const }, { severity: "note" as const }].map((more) => ({
    ...findingOf(hostile),
    ...more,
  }));
  expect(asText(mesh, all)).toContain("a[2Jb31mcdef");
  expect(asText(mesh, all)).not.toMatch(control);
  expect(asText(mesh, [findingOf("two\nlines")]).split("\n")).toHaveLength(5);
  expect(doctorJson(mesh.name, all)).not.toMatch(control);
});

test("the preflight's text and JSON hold no control character of a node", () => {
  const look = lookAt("worker1", { versions: { consul: hostile, envoy: hostile } });
  const finding = note("worker1", hostile, { found: hostile, why: hostile, remedy: hostile });
  const result = { mesh: "lab", nodes: [{ node: worker, look }], findings: [finding] };
  expect(text(result)).toContain("found  a[2Jb31mcdef");
  expect(text(result)).not.toMatch(control);
  expect(json(result)).not.toMatch(control);
});

const evil = "x; rm -rf / #'\u001b[2J\n";

/** The words of the command that ends a remedy, as a shell reads them. */
const lastWord = (remedy = "", behind = ""): string | undefined => {
  expect(remedy).toContain(behind);
  expect(remedy).not.toMatch(control);
  return asShellReads(remedy.slice(remedy.indexOf(behind) + behind.length)).join(" ");
};

describe("a remedy's command hands on what a node or Consul said as one word", () => {
  test("the ID of a registration", () => {
    const other = { ID: evil, Service: "backend", Kind: "", Port: 25, Of: "", Mesh: "", Upstreams: [] };
    const [finding] = findingsOn("worker1", (report) => report.services?.push(other));
    expect(lastWord(finding?.remedy, "consul services deregister -id=")).toBe(evil);
  });

  test("an ID of the catalogue", () => {
    const nodes = [{ Node: { Node: "old" }, Services: [{ ID: evil, Service: "backend" }] }];
    const [finding] = compareCatalogue(mesh, nodes, new Set());
    expect(lastWord(finding?.remedy, "consul services deregister -id=")).toBe(evil);
  });

  test("the kind and name of a config entry", () => {
    const [finding] = compareEntries(mesh, [{ Kind: "k;k", Name: evil, Meta: { "gatehouse-mesh": mesh.name } }]).filter(
      ({ where }) => /k;k/.test(placeText(where)),
    );
    expect(lastWord(finding?.remedy, "consul config delete ")).toBe(`-kind k;k -name ${evil}`);
  });

  const judged = (changes: Parameters<typeof lookAt>[1]) =>
    judge([lookAt("worker1", changes)], { url: "https://10.77.0.10:8501" });

  test("the unit that holds a port", () => {
    const { port } = planOf("worker1").ports[0]!;
    const listener = { address: "any" as const, port, pid: "7", program: "p", unit: `-H${evil}.service` };
    const finding = judged({ listeners: [listener] }).find(({ where }) => where.what === `port ${port}`);
    const command = finding?.remedy.replace("; or declare another port", "");
    expect(lastWord(command, "systemctl disable --now ")).toBe(`-- -H${evil}.service`);
  });

  test("a missing program and the home folder", () => {
    const found = judged({ missing: [evil, "constructor"], home: { path: evil, mode: 0o777, owner: "a", group: "b" } });
    const remedyOf = (what: string) => found.find(({ where }) => where.what === what)?.remedy;
    expect(lastWord(remedyOf("programs"), "apt-get install ")).toBe(`${evil} constructor`);
    expect(lastWord(remedyOf("home folder"), "chmod 700 ")).toBe(evil);
  });

  test("a host key, in the declaration's language", () => {
    const shown = 'ecdsa-sha2-nistp256 AAAA", run: "evil';
    const finding = judged({ hostKeys: [shown] }).find(({ where }) => where.what === "host key");
    expect(finding?.remedy).toContain(JSON.stringify(shown));
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
