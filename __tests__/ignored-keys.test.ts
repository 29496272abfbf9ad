import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const texts = [
  "README.md",
  "CONTRIBUTING.md",
  ...["docs", "meshes"].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
  "model/ssh.ts",
].filter((name) => /\.(md|ts)$/.test(name));

const keyFiles = texts.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(/privateKeyFile: "([^"<]+)"/g)].map(([, path = ""]) => [path, file]),
);

describe("git never takes a private key along", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gatehouse-ignored-"));
    execFileSync("git", ["init", "-q"], { cwd: folder });
    copyFileSync(".gitignore", join(folder, ".gitignore"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const ignored = (path: string): boolean =>
    spawnSync("git", ["check-ignore", "-q", "--", path], { cwd: folder }).status === 0;

  test("the examples name some", () => expect(keyFiles.length).toBeGreaterThan(2));

  test.each(keyFiles)("%s, as %s has it", (path) => expect(ignored(path)).toBe(true));

  test.each(["ca.pem", "key.pem", "id_ed25519", "sub/id_rsa"])("%s", (path) => expect(ignored(path)).toBe(true));

  test.each(["mesh-secrets/make.ts", "known-hosts/shop/server1.pub", "model/ids.ts"])("but %s it does", (path) =>
    expect(ignored(path)).toBe(false),
  );
});
