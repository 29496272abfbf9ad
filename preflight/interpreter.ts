/** The program that starts a file: the interpreter of a script, or the dynamic loader of an ELF file; and the processor that it is built for. */
import { closeSync, openSync, readSync } from "node:fs";

/** The kernel reads no more of a script's first line. */
const FIRST_LINE = 256;

/** The name that `#!/usr/bin/env NAME` looks up, too. Undefined for a static program, and for a file that nothing starts. */
export function interpreterOf(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const head = read(file, 0, FIRST_LINE);
    if (head.subarray(0, 2).toString("latin1") === "#!") return ofScript(head.toString("utf8"));
    return head.subarray(0, 4).toString("latin1") === "\x7fELF" ? loaderOf(file, head) : undefined;
  } catch {
    return undefined; // shorter than its own header says: it does not start, wherever it is
  } finally {
    closeSync(file);
  }
}

/** e_machine of elf(5), in the words of a node's `arch`, and of others that are seen. */
const PROCESSORS: Record<number, string> = { 3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64" };

/** The processor that an ELF file is built for. Undefined for another file. */
export function processorOf(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const head = read(file, 0, 20);
    const isElf = head.length === 20 && head.subarray(0, 4).toString("latin1") === "\x7fELF";
    return isElf ? PROCESSORS[head.readUInt16LE(18)] : undefined;
  } finally {
    closeSync(file);
  }
}

function ofScript(head: string): string | undefined {
  const [program, ...words] = head
    .slice(2)
    .split("\n")[0]!
    .trim()
    .split(/[ \t]+/);
  if (program !== "/usr/bin/env") return program || undefined;
  return words.find((word) => !word.startsWith("-") && !word.includes("="));
}

/** elf(5), 64 bits: a program header of type PT_INTERP names the loader. Every processor that a node may have is little-endian. */
function loaderOf(file: number, head: Buffer): string | undefined {
  const [PT_INTERP, CLASS_64] = [3, 2];
  if (head[4] !== CLASS_64) return undefined;
  const [offset, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let index = 0; index < count; index++) {
    const header = read(file, offset + index * size, size);
    if (header.readUInt32LE(0) !== PT_INTERP) continue;
    const text = read(file, Number(header.readBigUInt64LE(8)), Number(header.readBigUInt64LE(32)));
    return text.toString("latin1").replace(/\0.*$/s, "");
  }
  return undefined;
}

function read(file: number, at: number, length: number): Buffer {
  const piece = Buffer.alloc(Math.min(length, 4096));
  return piece.subarray(0, readSync(file, piece, 0, piece.length, at));
}
