import { type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs the command with this terminal and returns its exit code as a shell would.
 * @param stdio where what it prints goes. @default where this process's own does
 * @param answer what it is told when it asks. @default what a person types
 */
export async function runHere(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  { cwd, stdio = "inherit", answer }: { cwd?: string; stdio?: StdioOptions; answer?: Promise<string> } = {},
): Promise<number> {
  const child = spawn(command, args, { env, cwd, stdio: answer ? ["pipe", "inherit", "inherit"] : stdio });
  child.stdin?.on("error", () => {}); // it may end without asking
  void answer?.then((text) => child.stdin?.end(text));
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
