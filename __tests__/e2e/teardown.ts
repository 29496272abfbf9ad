import { down } from "../../lab";

/** After the last end-to-end test: what was started is stopped. */
export default async function teardown(): Promise<void> {
  if (!process.env.GATEHOUSE_LAB_OBSTACLES) await down();
}
