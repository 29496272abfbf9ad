/**
 * A process that reads every command line of this host, the lab's machines included, as fast as it can. It writes the
 * distinct ones to the file that its argument names when its standard input ends.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

async function watch(file: string): Promise<void> {
  const seen = new Set<string>();
  let watching = true;
  process.stdin.on("end", () => {
    watching = false;
  });
  process.stdin.resume();
  while (watching) {
    for (const name of readdirSync("/proc")) {
      if (/^\d+$/.test(name)) seen.add(commandLine(name));
    }
    await setImmediate();
  }
  writeFileSync(file, JSON.stringify([...seen]), { mode: 0o600 });
}

/** Empty when the process is gone. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

void watch(process.argv[2] ?? "");
