import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Verb } from "../../templates";
import { type Arch, buildNodeProgram, NODE_MODULE, nodeProgram } from "../../toolchain";

jest.setTimeout(10 * 60_000);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-node-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Builds a copy of the sources that is in a folder of this name. */
async function builtIn(name: string, arch: Arch): Promise<Buffer> {
  const module = join(folder, name);
  const output = join(folder, `${name}.out`);
  cpSync(NODE_MODULE, module, { recursive: true });
  await buildNodeProgram(module, { arch, version: "0123456789ab", output }, () => {});
  return readFileSync(output);
}

/** elf(5): e_machine. */
const machineOf = (elf: Buffer): number => elf.readUInt16LE(18);

test("the same sources give the same bytes in every folder, and the version is in them", async () => {
  const [one, other] = [await builtIn("one", "amd64"), await builtIn("some/other", "amd64")];
  expect(one.equals(other)).toBe(true);
  expect(one.includes("0123456789ab")).toBe(true);
  expect(machineOf(one)).toBe(62); // EM_X86_64
});

test("for arm64 the program is one for AArch64", async () => {
  expect(machineOf(await builtIn("arm", "arm64"))).toBe(183); // EM_AARCH64
});

test("it needs no C library", async () => {
  const { path } = await nodeProgram("amd64", () => {});
  const elf = readFileSync(path);
  const [at, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const kinds = Array.from({ length: count }, (_, index) => elf.readUInt32LE(at + index * size));
  expect(kinds).not.toContain(3); // PT_INTERP: what names the loader of shared libraries
});

test("with nothing changed nothing is built", async () => {
  const first = await nodeProgram("amd64", () => {});
  const told: string[] = [];
  expect(await nodeProgram("amd64", (line) => told.push(line))).toEqual(first);
  expect(told).toEqual([]);
});

/** Every verb: one that is missing here does not compile. */
const asked: Record<Verb, true> = {
  "agent refresh": true,
  "agent remove": true,
  "agent setup": true,
  "agent token": true,
  "entry return": true,
  "entry settle": true,
  "entry take": true,
  expand: true,
  "expand remove": true,
  "expand routing": true,
  incoming: true,
  inspect: true,
  "inspect node": true,
  "instance apply": true,
  owner: true,
  probe: true,
  setup: true,
  sweep: true,
  tokens: true,
  uninstall: true,
  wipe: true,
};

test("it knows every verb that a deploy asks for", async () => {
  const { path, version } = await nodeProgram("amd64", () => {});
  expect(spawnSync(path, ["version"], { encoding: "utf8" }).stdout.trim()).toBe(version);
  const { stderr, status } = spawnSync(path, ["no such verb"], { encoding: "utf8" });
  expect(status).toBe(2);
  const known = stderr.trim().split("It knows: ")[1]?.split(", ");
  expect(known).toEqual(expect.arrayContaining(Object.keys(asked)));
});
