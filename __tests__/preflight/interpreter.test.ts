import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interpreterOf } from "../../preflight/interpreter";

const folder = mkdtempSync(join(tmpdir(), "interpreter-"));
afterAll(() => rmSync(folder, { recursive: true }));

const of = (content: string | Buffer) => {
  const file = join(folder, "file");
  writeFileSync(file, content);
  return interpreterOf(file);
};

test.each([
  ["#!/bin/sh\necho", "/bin/sh"],
  ["#! /usr/bin/perl -w\n", "/usr/bin/perl"],
  ["#!/usr/bin/env node\n", "node"],
  ["#!/usr/bin/env -S A=1 python3 -u\n", "python3"],
  ["#!", undefined],
  ["no program", undefined],
  ["", undefined],
  ["\x7fELF", undefined],
])("a file that begins with %j", (content, expected) => expect(of(content)).toBe(expected));

test("a dynamic program is started by its loader, and one that was cut short by nothing", () => {
  const loader = interpreterOf(process.execPath);
  expect(loader && existsSync(loader)).toBe(true);
  expect(of(readFileSync(process.execPath).subarray(0, 100))).toBeUndefined();
});
