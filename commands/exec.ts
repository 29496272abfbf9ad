/** `gatehouse exec COMMAND…`: a command with the environment that `gatehouse env` prints. */
import { runWithTerraform } from "../terraform";
import type { Call } from "./gatehouse";

export async function run({ own }: Call): Promise<number> {
  const [command, ...args] = own[0] === "--" ? own.slice(1) : own;
  if (!command) {
    console.error("Nothing to run. Write: npx gatehouse exec COMMAND [ARGUMENT...]");
    return 2;
  }
  return runWithTerraform(command, args);
}
