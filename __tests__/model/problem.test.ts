import fc from "fast-check";
import { closest, formatPath, show } from "../../model/checking/problem";

describe("formatPath", () => {
  it.each([
    [[], ""],
    [["services", "web", "runsOn", 0], "services.web.runsOn[0]"],
    [["services", "a b"], 'services["a b"]'],
    [["services", ""], 'services[""]'],
    [["a b", "c"], '["a b"].c'],
  ])("%j is %s", (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});

describe("show", () => {
  it.each<[unknown, string]>([
    [undefined, "nothing"],
    ["a\nb", '"a\\nb"'],
    ["a\u202eb", '"a\\u202eb"'],
    [Symbol("a Map"), "a Map"],
    [10n, "10"],
    [{ a: [1, null] }, '{"a":[1,null]}'],
    ["x".repeat(200), `"${"x".repeat(78)}…`],
    ["-----BEGIN RSA PRIVATE KEY-----", "a private key (not shown)"],
    [{ key: "-----BEGIN RSA PRIVATE KEY-----" }, '{"key":"a private key (not shown)"}'],
  ])("%p", (value, text) => {
    expect(show(value)).toBe(text);
  });

  it("is one line of at most 80 characters that is valid Unicode, whatever the value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (value) => {
        expect(show(value)).toMatch(/^\P{Cc}{1,80}$/u);
        expect(show(value)).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});

describe("closest", () => {
  it.each([
    ["prot", "port"],
    ["PORT", "port"],
    ["run_on", "runsOn"],
    ["xyz", undefined],
    ["pt", undefined],
  ])("%s is %s", (written, meant) => {
    expect(closest(written, ["runsOn", "port", "protocol", "run"])).toBe(meant);
  });
});
