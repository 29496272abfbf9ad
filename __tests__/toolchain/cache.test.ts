import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cached, cacheRoot, writeWhole } from "../../toolchain/cache";

beforeEach(() => {
  process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), "gatehouse-cache-"));
});

afterEach(() => {
  rmSync(String(process.env.XDG_CACHE_HOME), { recursive: true });
  delete process.env.XDG_CACHE_HOME;
});

const writes = (text: string) => async (folder: string) => writeFileSync(join(folder, "part"), text);

test("makes a folder once and finds it afterwards", async () => {
  const first = await cached("part-1", writes("one"));
  const second = await cached("part-1", () => Promise.reject(new Error("made again")));
  expect(second).toBe(first);
  expect(readFileSync(join(first, "part"), "utf8")).toBe("one");
});

test("two that want it at once make it once, and the other is told that it waits", async () => {
  let made = 0;
  const waiting = jest.fn();
  const make = async (folder: string) => {
    made++;
    await sleep(50);
    await writes("one")(folder);
  };
  const folders = await Promise.all([cached("part-1", make, waiting), cached("part-1", make, waiting)]);
  expect(folders[0]).toBe(folders[1]);
  expect(made).toBe(1);
  expect(waiting).toHaveBeenCalledTimes(1);
});

test("a failure leaves nothing behind, and the next try may pass", async () => {
  const fails = async (folder: string) => {
    await writes("half")(folder);
    throw new Error("no network");
  };
  await expect(cached("part-1", fails)).rejects.toThrow("no network");
  expect(readdirSync(cacheRoot())).toEqual([]);
  expect(existsSync(await cached("part-1", writes("whole")))).toBe(true);
});

test("a lock whose process is gone does not count, and its half-made folder is removed", async () => {
  writeWhole(join(cacheRoot(), "part-1.4194304.abcd/half"), "half");
  writeWhole(join(cacheRoot(), "part-1.lock"), "4194304"); // above the largest process id of Linux
  await cached("part-1", writes("one"));
  expect(readdirSync(cacheRoot())).toEqual(["part-1"]);
});
