/** Running a program whose two outputs, exit code or progress matter. For anything else there is `run` in command.ts. */
import { type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The result of a program. */
export interface Output {
  /** Without line breaks at its end. */
  stdout: string;
  /** Without line breaks at its end. */
  stderr: string;
  /** 255 when ssh itself failed. */
  exitCode: number;
}

export interface Listeners {
  /** The program's standard input. @default none */
  input?: string | Buffer;
  /** Called with each line at once. @default not called */
  onLine?: (line: string, from: "stdout" | "stderr") => void;
}

/** Runs a program to its end, whether it succeeds or not. Throws only when it does not start. */
export function output(
  file: string,
  args: string[],
  listeners: Listeners = {},
  options: SpawnOptionsWithoutStdio = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: "pipe" });
    const stdout = collect(child.stdout, (line) => listeners.onLine?.(line, "stdout"));
    const stderr = collect(child.stderr, (line) => listeners.onLine?.(line, "stderr"));
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(listeners.input ?? "");
    child.on("error", reject);
    child.on("close", (code) => resolve({ stdout: stdout(), stderr: stderr(), exitCode: code ?? 255 }));
  });
}

function collect(stream: Readable, onLine: (line: string) => void): () => string {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  createInterface({ input: stream }).on("line", onLine);
  return () => Buffer.concat(parts).toString().replace(/\n+$/, "");
}
