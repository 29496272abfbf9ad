import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FolderFault, packedFolder, packing } from "../../model/folder";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "folder-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A program of several files, below a folder of this name. Files are made in the given order. */
function app(name: string, order: 1 | -1 = 1): string {
  const folder = join(root, name);
  const files = [
    ["bin/run", "#!/bin/sh\n", 0o755],
    ["server.js", "serve()", 0o644],
    ["lib/ünïcode.js", "ü", 0o600],
    [`${"deep/".repeat(30)}file`, "deep", 0o666],
  ] as const;
  for (const [path, text, mode] of [...files].sort(() => order)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    chmodSync(join(folder, path), mode);
  }
  mkdirSync(join(folder, "empty"));
  symlinkSync("../lib", join(folder, "bin/lib"));
  return folder;
}

const archive = (folder: string) => Buffer.concat([...packing(folder)].map((piece) => Buffer.from(piece)));

function faultOf(folder: string): FolderFault {
  try {
    packedFolder(folder);
  } catch (error) {
    if (error instanceof FolderFault) return error;
    throw error;
  }
  throw new Error("it was packed");
}

test("the same folder is the same archive, whatever its times, its modes beyond execution and the order of its files are", () => {
  const [one, other] = [app("one"), app("other", -1)];
  chmodSync(join(other, "server.js"), 0o640);
  chmodSync(join(other, "lib"), 0o700);
  utimesSync(join(other, "server.js"), 1, 1);
  expect(packedFolder(other)).toEqual(packedFolder(one));
  // The hash is a contract: with another one, every service rolls.
  expect(packedFolder(one)).toEqual({
    sha256: "b2f1782daa641dd9b4fde91ff3dbcb4eb696da256026926776d47995de6788ca",
    files: 4,
    bytes: 23,
  });
  chmodSync(join(other, "server.js"), 0o755);
  expect(packedFolder(other).sha256).not.toBe(packedFolder(one).sha256);
});

test("tar unpacks it", () => {
  const to = join(root, "to");
  mkdirSync(to);
  const { stderr } = spawnSync("tar", ["-xf", "-", "-C", to, "--no-same-owner"], { input: archive(app("app")) });
  expect(String(stderr)).toBe("");
  const seen = (folder: string) =>
    execFileSync("find", [".", "-printf", "%p %y %l\\n"], { cwd: folder, encoding: "utf8" });
  expect(seen(to).split("\n").sort()).toEqual(seen(join(root, "app")).split("\n").sort());
  expect(packedFolder(to)).toEqual(packedFolder(join(root, "app")));
});

test.each([
  ["absolute", "/etc/passwd"],
  ["above", "../../x"],
  ["above at last", "../lib/../../x"],
])("a link that leads out is refused: %s", (_what, target) => {
  const folder = app("app");
  symlinkSync(target, join(folder, "bin/out"));
  expect(faultOf(folder)).toMatchObject({
    entry: "bin/out",
    reason: `it is a link that leads out of the folder, to ${target}`,
    remedy: expect.stringContaining("put a copy there"),
  });
});

test("a link through a link that leads out is refused", () => {
  const folder = app("app");
  symlinkSync("..", join(folder, "deep/up"));
  symlinkSync("deep/up/../..", join(folder, "out"));
  expect(faultOf(folder)).toMatchObject({ entry: "out", reason: expect.stringContaining("leads out of the folder") });
});

test("a link to nothing stays", () => {
  const folder = app("app");
  symlinkSync("later", join(folder, "bin/later"));
  expect(packedFolder(folder).files).toBe(4);
});

test("a socket is refused", async () => {
  const folder = app("app");
  const server = createServer().listen(join(folder, "socket"));
  await new Promise((done) => server.once("listening", done));
  expect(faultOf(folder)).toMatchObject({ entry: "socket", reason: "it is a socket, which cannot be copied" });
  await new Promise((done) => server.close(done));
});

test("a pipe is refused, and not read", () => {
  const folder = app("app");
  execFileSync("mkfifo", [join(folder, "pipe")]);
  expect(faultOf(folder)).toMatchObject({ entry: "pipe", reason: "it is a pipe, which cannot be copied" });
});
