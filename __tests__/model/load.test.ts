import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { formatProblems, nodeFiles, type Problem } from "../../model";
import { fullDeclaration } from "../support/shop";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As `gatehouse` does it: in a process of its own, with tsx for CommonJS alone. All files in one process, since it takes a while to start. */
function loadAll(contents: Record<string, string>): Record<string, { mesh?: { name: string }; problems?: Problem[] }> {
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, "folder.ts"));
  const model = JSON.stringify(resolve("model"));
  const program = `
    import { loadMesh } from ${model};
    (async () => {
      const results = {};
      for (const name of ${JSON.stringify([...Object.keys(contents), "absent.ts", "folder.ts"])}) results[name] = await loadMesh(name);
      process.stdout.write(JSON.stringify(results));
    })();`;
  writeFileSync(join(folder, "program.ts"), program);
  const output = execFileSync(process.execPath, ["--require", require.resolve("tsx/cjs"), "program.ts"], {
    cwd: folder,
  });
  return JSON.parse(output.toString());
}

describe("loadMesh", () => {
  const json = JSON.stringify({ ...fullDeclaration(), ssh: { agent: true }, services: {}, gateways: {} });
  const results = loadAll({
    "plain.ts": `export default ${json};`,
    "typed.ts": `import { defineMesh } from ${JSON.stringify(resolve("model"))};\nexport default defineMesh(${json});`,
    "spread.ts": `import base from "./typed";\nexport default { ...base, name: "other" };`,
    "module.mts": `export default ${json};`,
    "common.cjs": `module.exports = ${json};`,
    "refused.ts": `export default { ...${json}, name: 5 };`,
    "broken.ts": "export default {\n  name: 'a'\n  consul: 1 };",
    "imports-broken.ts": 'import base from "./broken";\nexport default base;',
    "imports-absent.ts": 'import base from "./nothing-here";\nexport default base;',
    "throws.ts": "const nodes: any = undefined;\nexport default { nodes: nodes.length };",
    "throws-text.ts": 'throw "no luck";',
    "empty.ts": "",
    "named.ts": "export const mesh = 1;",
    "undefined.ts": "export default undefined;",
  });
  const problem = (name: string) => results[name]?.problems?.[0];

  it.each(["plain.ts", "typed.ts", "module.mts", "common.cjs"])("accepts %s", (name) => {
    expect(results[name]).toMatchObject({ mesh: { name: "shop" } });
  });

  it("accepts a mesh made from another", () => {
    expect(results["spread.ts"]).toMatchObject({ mesh: { name: "other" } });
  });

  it.each<[string, RegExp, RegExp]>([
    ["absent.ts", /there is no such file/, /GATEHOUSE_MESH/],
    ["folder.ts", /not a file/, /GATEHOUSE_MESH/],
    ["broken.ts", /does not compile: broken.ts:3:2: Expected "}" but found "consul"/, /correct the file/],
    ["imports-broken.ts", /does not compile: .*broken.ts:3:2/, /correct the file/],
    ["imports-absent.ts", /Cannot find module '.\/nothing-here'/, /correct the file/],
    ["throws.ts", /threw TypeError: Cannot read properties of undefined .*\(line 2\)$/, /correct the file/],
    ["throws-text.ts", /threw "no luck"/, /correct the file/],
    ["empty.ts", /no default export/, /export default/],
    ["named.ts", /no default export/, /export default/],
    ["undefined.ts", /no default export/, /export default/],
  ])("refuses %s", (name, reason, remedy) => {
    expect(results[name]?.problems).toHaveLength(1);
    expect(problem(name)).toEqual({
      path: "",
      found: `"${name}"`,
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(remedy),
    });
    expect(problem(name)?.reason).not.toMatch(/\n| {4}at /);
  });

  it("checks what it loads", () => {
    expect(problem("refused.ts")).toMatchObject({ path: "name", found: "5" });
  });
});

describe("nodeFiles", () => {
  const files = nodeFiles(folder);
  writeFileSync(join(folder, "data"), "hello");
  writeFileSync(join(folder, "tool"), "hello");
  chmodSync(join(folder, "tool"), 0o755);
  symlinkSync("tool", join(folder, "link"));

  it.each([
    ["data", "file"],
    ["tool", "executable"],
    ["link", "executable"],
    [".", "folder"],
    ["nothing", "missing"],
    ["data/below", "missing"],
    ["/dev/null", "unreadable"],
  ])("%s is %s", (path, look) => {
    expect(files.look(path)).toBe(look);
  });

  it("counts relative paths from the project's folder", () => {
    expect(files.absolute("a/b")).toBe(join(folder, "a/b"));
    expect(files.absolute("/a/b")).toBe("/a/b");
  });

  it("says where a link leads", () => {
    expect(files.real?.("link")).toBe(join(realpathSync(folder), "tool"));
    expect(files.real?.("nothing")).toBe(join(folder, "nothing"));
  });

  it("hashes what is in a file, once", () => {
    const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    expect(files.sha256("tool")).toBe(hash);
    writeFileSync(join(folder, "tool"), "other");
    expect(files.sha256("link")).toBe(hash);
    expect(nodeFiles(folder).sha256("link")).not.toBe(hash);
  });
});

describe("formatProblems", () => {
  it("tells path, value, reason and remedy of each, and that nothing was written", () => {
    const problems = [
      { path: "name", found: '"A"', reason: "upper case", remedy: "lower it" },
      { path: "", found: "5", reason: "no object", remedy: "export one" },
    ];
    expect(formatProblems(problems, "meshes/lab.ts")).toBe(`meshes/lab.ts: 2 problems. Nothing was written.

  name
    found  "A"
    why    upper case
    do     lower it

  (the whole declaration)
    found  5
    why    no object
    do     export one`);
  });

  it("lists what is missing for a deploy apart", () => {
    const wrong = { path: "name", found: '"A"', reason: "upper case", remedy: "lower it" };
    const missing = {
      path: "nodes.a.hostKey",
      found: "nothing",
      reason: "none",
      remedy: "trust",
      onlyForDeploy: true as const,
    };
    expect(formatProblems([missing, wrong], "meshes/lab.ts")).toBe(`meshes/lab.ts: 1 problem. Nothing was written.

  name
    found  "A"
    why    upper case
    do     lower it

meshes/lab.ts: missing for a deploy, and not for \`npx gatehouse synth\`:

  nodes.a.hostKey
    found  nothing
    why    none
    do     trust`);
    expect(formatProblems([missing], "meshes/lab.ts")).toMatch(
      /^meshes\/lab\.ts: missing.*\n\nNothing was written\.$/s,
    );
  });
});
