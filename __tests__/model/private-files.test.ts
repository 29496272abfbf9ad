/** Links to what no node may have. */
import { checkMesh } from "../../model";
import { declaration, files } from "../support/shop";

/** The problems of a frontend that runs so, where a path is really another one. */
function problems(run: object, path: string, really: string): string[] {
  const mesh = declaration();
  Object.assign(mesh.services!, { frontend: { ...mesh.services!.frontend!, run } });
  const real = (asked: string) => (asked === path ? really : files.absolute(asked));
  const result = checkMesh(mesh, { ...files, real });
  return "problems" in result ? result.problems.map(({ reason }) => reason) : [];
}

const SECRETS = "/project/secrets/shop.json";

test.each([
  ["a configuration file", { binary: "build/web", configFiles: { a: { from: "link" } } }],
  ["a program", { binary: "link" }],
  ["an archive", { files: "link", command: ["/usr/bin/node"] }],
])("%s that is a link to a secret", (_, run) => {
  expect(problems(run, "link", "/project/build/other")).toEqual([]);
  expect(problems(run, "link", SECRETS)).toEqual([expect.stringContaining(`among the mesh's secrets (${SECRETS})`)]);
});

test("a folder that is a link to one with secrets", () => {
  const run = { files: "folder/dist", command: ["/usr/bin/node"] };
  for (const [place, reason] of [
    ["/project/secrets", "the mesh's secrets are in this folder"],
    ["/project", "the whole project is in this folder"],
    ["/project/secrets/more", "this is among the mesh's secrets"],
  ] as const)
    expect(problems(run, "folder/dist", place)).toEqual([expect.stringContaining(reason)]);
});

test("secrets that are a link themselves", () => {
  const run = { binary: "build/web", configFiles: { a: { from: "store/shop.json" } } };
  expect(problems(run, "secrets", "/project/store")).toEqual([expect.stringContaining("among the mesh's secrets")]);
});
