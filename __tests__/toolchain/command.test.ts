import { join } from "node:path";
import { atLeast, run, versionOf, which } from "../../toolchain/command";
import { pinned } from "../../toolchain/go";

test.each([
  [[1, 22, 7], [1, 22], true],
  [[1, 22], [1, 22, 0], true],
  [[2], [1, 22], true],
  [[1, 9], [1, 22], false],
  [[1, 25, 8], [1, 25, 9], false],
  [[], [1], false],
])("version %j is at least %j: %s", (have, want, expected) => {
  expect(atLeast(have, want)).toBe(expected);
});

test("reads the version from what a program prints", async () => {
  expect(await versionOf("/bin/echo", ["Consul v1.22.7 (protocol 2)"])).toEqual([1, 22, 7]);
  expect(await versionOf("/nowhere/consul", ["version"])).toEqual([]);
});

test("a failed command names itself, its exit code and what it printed", async () => {
  const failing = run("/bin/sh", ["-c", "echo out; echo why >&2; exit 3"]);
  await expect(failing).rejects.toThrow(/^\/bin\/sh -c .*: exit 3\nout\nwhy$/s);
  await expect(run("/nowhere/consul", ["version"])).rejects.toThrow(/\/nowhere\/consul version: .*ENOENT/);
});

test("finds programs by PATH, then in the extra folders", () => {
  expect(which("sh")).toMatch(/\/sh$/);
  expect(which("no-such-program")).toBeUndefined();
  expect(which("no-such-program", ["/bin"])).toBeUndefined();
});

test.each([
  ["consul", "github.com/hashicorp/consul", "1.22.7"],
  ["fortio", "fortio.org/fortio", "1.63.0"],
  ["terraform", "github.com/hashicorp/terraform", "1.11.4"],
])("the module in toolchain/%s pins %s at %s", (folder, path, version) => {
  expect(pinned(join(__dirname, "../../toolchain", folder), path)).toBe(version);
});
