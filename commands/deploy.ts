/**
 * `gatehouse deploy`: preflight, plan, and after a yes the deploy of every stack.
 *
 * It does what `cdktf deploy '*'` does, without the start of cdktf's own program, which takes longer than a plan. The
 * preflight looks at the nodes meanwhile; nothing is applied before it has passed.
 */
import { deploy, type Ran, type Stack } from "../terraform";
import type { Call } from "./gatehouse";

/** Options are those of `terraform apply`. */
export const run = ({ own }: Call): Promise<number> => deploy(own, { preflight, beforePlan });

/** Loaded when the synth has begun in a process of its own. */
async function preflight(): Promise<Ran> {
  const { preflightOfDeploy } = require("./preflight") as typeof import("./preflight");
  return preflightOfDeploy();
}

async function beforePlan(stack: Stack): Promise<void> {
  const { leaveEntries } = require("./leave-entries") as typeof import("./leave-entries");
  await leaveEntries(stack);
}
