import { checkMesh, type Files, UNKNOWN_SHA256 } from "../../model";
import { declaration } from "../support/shop";

/** Nothing is built, and there is no key. */
const nothing: Files = {
  look: () => "missing",
  absolute: (path) => `/project/${path}`,
  text: () => "",
  sha256: (path) => {
    throw new Error(`${path} was read`);
  },
  pack: (path) => {
    throw new Error(`${path} was packed`);
  },
};

test("a mesh that is only read needs no binary and no key, and both are named", () => {
  const result = checkMesh(declaration(), { ...nothing, forReview: true });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  expect(result.missing.map(({ path }) => path)).toEqual([
    "ssh.privateKeyFile",
    "services.frontend.run.binary",
    "services.backend.run.binary",
  ]);
  expect(result.mesh.services.map(({ binary }) => binary)).toEqual([
    { path: "/project/build/web", sha256: UNKNOWN_SHA256, missing: true },
    { path: "/project/build/web", sha256: UNKNOWN_SHA256, missing: true },
  ]);
});

test("for a deploy they are problems", () => {
  expect(checkMesh(declaration(), nothing)).toMatchObject({
    problems: [
      { path: "ssh.privateKeyFile", reason: "there is no such file (/project/keys/deploy)" },
      { path: "services.frontend.run.binary" },
      { path: "services.backend.run.binary" },
    ],
  });
});

test("what is wrong is refused also when the mesh is only read, together with what is missing", () => {
  const wrong = declaration();
  wrong.services!.backend!.runsOn = ["worker9"];
  const result = checkMesh(wrong, { ...nothing, forReview: true });
  expect("problems" in result && result.problems.map(({ path }) => path)).toContain("services.backend.runsOn[0]");
  expect("problems" in result && result.problems.map(({ path }) => path)).toContain("services.backend.run.binary");
});

test.each(["unreadable", "folder", "file"] as const)("a binary that is there and %s is refused", (look) => {
  const files: Files = { ...nothing, look: (path) => (path.startsWith("build/") ? look : "file"), forReview: true };
  expect(checkMesh(declaration(), files)).toHaveProperty("problems");
});

test("a configuration file that is missing is refused even there: its text is what is reviewed", () => {
  const wrong = declaration();
  Object.assign(wrong.services!.backend!.run, { configFiles: { "app.yaml": { from: "config/app.yaml" } } });
  const result = checkMesh(wrong, { ...nothing, forReview: true });
  expect("problems" in result && result.problems.map(({ path }) => path)).toContain(
    'services.backend.run.configFiles["app.yaml"].from',
  );
});
