import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheRoot } from "../../toolchain/cache";
import { GO_WANTED } from "../../toolchain/go";
import { goSources } from "../../toolchain/go-sources";
import { NODE_MODULE, nodeProgram, nodeProgramVersion } from "../../toolchain/node-program";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-node-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** The version of a module of these files. */
function versionOf(files: Record<string, string>): string {
  for (const [file, text] of Object.entries(files)) write(file, text);
  return nodeProgramVersion(folder);
}

const sources = { "go.mod": "module x", "go.sum": "", "main.go": "package main", "host/host.go": "package host" };

describe("the version", () => {
  test("is twelve hex digits of the sources' hash", () => {
    const text = ["go.mod", "go.sum", "host/host.go", "main.go"]
      .map((file) => `${file}\0${sources[file as keyof typeof sources]}\0`)
      .join("");
    expect(versionOf(sources)).toBe(createHash("sha256").update(text).digest("hex").slice(0, 12));
  });

  test.each(Object.keys(sources))("changes with %s", (file) => {
    const before = versionOf(sources);
    expect(versionOf({ [file]: "other" })).not.toBe(before);
  });

  test("changes with a new source", () => {
    const before = versionOf(sources);
    expect(versionOf({ "host/lock.go": "package host" })).not.toBe(before);
  });

  test.each(["host/host_test.go", "README.md", "staticcheck.conf", "document/typescript/main.go", "host/testdata/a"])(
    "does not change with %s",
    (file) => {
      const before = versionOf(sources);
      expect(versionOf({ [file]: "other" })).toBe(before);
    },
  );

  test("knows every file that is built in: none is embedded", () => {
    const embedding = goSources(NODE_MODULE).filter((file) =>
      /^\/\/go:embed/m.test(readFileSync(join(NODE_MODULE, file), "utf8")),
    );
    expect(embedding).toEqual([]);
  });
});

test("a program that is in the cache is not built, nor is Go asked", async () => {
  const { PATH } = process.env;
  Object.assign(process.env, { XDG_CACHE_HOME: folder, PATH: "" });
  try {
    const version = nodeProgramVersion(NODE_MODULE);
    const made = join(cacheRoot(), `gatehouse-node-${version}-arm64`);
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, "sha256"), "abc");
    const path = join(made, "gatehouse-node");
    const program = await nodeProgram("arm64", () => {
      throw new Error("something was built");
    });
    expect(program).toEqual({ path, sha256: "abc", version, arch: "arm64" });
  } finally {
    delete process.env.XDG_CACHE_HOME;
    process.env.PATH = PATH;
  }
});

test("the Go that is looked for is new enough for the program", () => {
  const wanted = /^go (\S+)$/m.exec(readFileSync(join(NODE_MODULE, "go.mod"), "utf8"))?.[1];
  expect(GO_WANTED.join(".")).toBe(wanted);
});
