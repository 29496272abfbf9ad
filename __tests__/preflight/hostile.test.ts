import { note } from "../../findings";
import { judge } from "../../preflight/judge";
import { json, text } from "../../preflight/report";
import { worker } from "../support/parts";
import { lookAt, planOf } from "../support/preflight";
import { control, evil, hostile, lastWord } from "../support/terminal";

test("the preflight's text and JSON hold no control character of a node", () => {
  const look = lookAt("worker1", { versions: { consul: hostile, envoy: hostile } });
  const finding = note("worker1", hostile, { found: hostile, why: hostile, remedy: hostile });
  const result = { mesh: "lab", nodes: [{ node: worker, look }], findings: [finding] };
  expect(text(result)).toContain("found  a[2Jb31mcdef");
  expect(text(result)).not.toMatch(control);
  expect(json(result)).not.toMatch(control);
});

describe("a remedy's command hands on what a node or Consul said as one word", () => {
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
