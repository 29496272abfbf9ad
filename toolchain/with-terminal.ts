import { type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";

export interface HereOptions {
  /** @default this process's working folder */
  cwd?: string;
  /** Where the output of the command goes. @default where this process's own does */
  stdio?: StdioOptions;
  /** The answer to the command's question. @default a person types it */
  answer?: Promise<string>;
  /** Gets a copy of the command's standard output, which is then no terminal. @default no copy */
  onOutput?: (text: string) => void;
}

/** Runs the command with this terminal and returns its exit code as a shell would. */
export async function runHere(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  { cwd, stdio = "inherit", answer, onOutput }: HereOptions = {},
): Promise<number> {
  const [input, out, errors] = typeof stdio === "string" || !Array.isArray(stdio) ? [stdio, stdio, stdio] : stdio;
  const child = spawn(command, args, {
    env,
    cwd,
    stdio: [answer ? "pipe" : input, onOutput ? "pipe" : out, errors] as StdioOptions,
  });
  child.stdin?.on("error", () => {}); // the command may end without asking
  void answer?.then((text) => child.stdin?.end(text));
  child.stdout?.on("data", (part: Buffer) => {
    (out === 2 ? process.stderr : process.stdout).write(part);
    onOutput?.(part.toString());
  });
  // Ctrl-C reaches the child by itself; waiting for it lets Terraform finish what it does and write its state.
  const ignore = () => {};
  const end = () => child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", end);
  try {
    return await new Promise((done, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", end);
  }
}
