/** Load through the gateway while something changes, counting every answer that is not a 200. */
import { spawn } from "node:child_process";

export interface Load {
  sent: number;
  /** Requests that got anything but a 200, or no answer. */
  failed: number;
  /** How often each status came; -1 stands for no answer. */
  codes: Record<string, number>;
}

/** Seconds after which a load ends by itself, whatever happens to the test. */
const LONGEST = 300;

export interface LoadOptions {
  /** Whether a connection carries many requests; else each is a new one. @default true */
  keepAlive?: boolean;
  /** Requests a second. @default 200 */
  qps?: number;
  /** Such as `Host: shop.test`. @default none */
  headers?: string[];
}

/**
 * Sends requests with 8 connections (fortio) while `change` runs, and a second before and after.
 * @param url of the gateway
 */
export async function underLoad<T>(
  url: string,
  change: () => Promise<T>,
  { keepAlive = true, qps = 200, headers = [] }: LoadOptions = {},
): Promise<{ load: Load; result: T }> {
  const args = [
    "load",
    "-qps",
    String(qps),
    "-c",
    "8",
    "-t",
    `${LONGEST}s`,
    "-timeout",
    "5s",
    "-allow-initial-errors",
    "-uniform", // one request every 5 ms, not 8 at the same moment every 40 ms
    `-keepalive=${keepAlive}`,
    "-json",
    "-",
    ...headers.flatMap((header) => ["-H", header]),
    url,
  ];
  const fortio = spawn("lab/bin/fortio", args, { stdio: ["ignore", "pipe", "ignore"] });
  let report = "";
  fortio.stdout.on("data", (part: Buffer) => {
    report += part.toString();
  });
  const ended = new Promise((done) => fortio.once("close", done));
  try {
    await pause(1000);
    const result = await change();
    await pause(1000);
    fortio.kill("SIGINT"); // it then reports what it has
    await ended;
    const load = read(report);
    if (load.failed > 0) console.error(`of ${load.sent} requests: ${JSON.stringify(load.codes)}`); // -1: no answer
    return { load, result };
  } finally {
    fortio.kill("SIGKILL");
  }
}

function read(report: string): Load {
  const codes: Record<string, number> = JSON.parse(report).RetCodes;
  const sent = Object.values(codes).reduce((sum, count) => sum + count, 0);
  return { sent, failed: sent - (codes["200"] ?? 0), codes };
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
