import { spawnSync } from "node:child_process";
import { inspectHost, labOfAnotherCheckout, obstacles } from "../../lab";

/**
 * Before the first end-to-end test: everything that the lab needs, and its machines. Where it cannot run, why. The tests
 * take the lab of another checkout over, as they do with this one's.
 */
export default async function setup(): Promise<void> {
  const why = obstacles(await inspectHost());
  process.env.GATEHOUSE_LAB_OBSTACLES = why.join("\n");
  if (why.length > 0) return;
  for (const verb of labOfAnotherCheckout() ? ["lab:reset", "lab:up"] : ["lab:up"]) {
    const { status } = spawnSync("npm", ["run", "-s", verb], { stdio: "inherit" });
    if (status !== 0) throw new Error("the lab's machines did not start");
  }
}
