import { isOfTests, sources } from "./support/sources";

const LONGEST = 200;

const production = sources(".ts", ".js", ".go", ".sh").filter(({ file }) => !isOfTests(file));

test("the search finds files of every language", () => {
  const files = production.map(({ file }) => file);
  expect(files).toEqual(
    expect.arrayContaining(["model/mesh.ts", "node/main.go", "templates/shell/run.sh", "bin/gatehouse.js"]),
  );
  expect(files).not.toContain("templates/node-documents.ts"); // generated
});

test(`no file has more than ${LONGEST} lines, so that a person can read it at once`, () => {
  const long = production
    .filter(({ text }) => text.split("\n").length - 1 > LONGEST)
    .map(({ file, text }) => `${file}: ${text.split("\n").length - 1} lines`);
  expect(long).toEqual([]);
});
