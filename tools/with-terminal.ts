import { type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs the command with this terminal and returns its exit code as a shell would.
 * @param stdio where what it prints goes. @default where this process's own does
 */
export async function runHere(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  { cwd, stdio = "inherit" }: { cwd?: string; stdio?: StdioOptions } = {},
): Promise<number> {
  const child = spawn(command, args, { env, cwd, stdio });
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
