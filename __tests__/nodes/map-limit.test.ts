import { setTimeout as sleep } from "node:timers/promises";
import { mapLimit } from "../../nodes";

test("works on so many at once and no more, and keeps the order", async () => {
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await sleep(item % 3);
    running--;
    return item * 2;
  };
  const items = Array.from({ length: 20 }, (_, index) => index);
  expect(await mapLimit(items, 4, work)).toEqual(items.map((item) => item * 2));
  expect(most).toBe(4);
  expect(await mapLimit([], 4, work)).toEqual([]);
});
