import { spawn } from "node:child_process";
import { constants } from "node:os";

/** Runs the command with this terminal and returns its exit code as a shell would. */
export function runHere(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { env, stdio: "inherit" });
  // Ctrl-C reaches the child by itself; waiting for it lets Terraform finish what it does and write its state.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
