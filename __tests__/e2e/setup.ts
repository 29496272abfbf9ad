import { spawnSync } from "node:child_process";
import { inspectHost, obstacles } from "../../lab/requirements";

/** Before the first end-to-end test: everything that the lab needs, and its machines. Where it cannot run, why. */
export default async function setup(): Promise<void> {
  const why = obstacles(await inspectHost());
  process.env.GATEHOUSE_LAB_OBSTACLES = why.join("\n");
  if (why.length > 0) return;
  const { status } = spawnSync("npm", ["run", "-s", "lab:up"], { stdio: "inherit" });
  if (status !== 0) throw new Error("the lab's machines did not start");
}
