import { captureStackTrace } from "cdktf/lib/tokens/private/stack-trace";
import { untraced } from "../../stacks/untraced";

test("cdktf's traces of values are empty, and as ever afterwards", () => {
  expect(untraced(() => captureStackTrace())).toEqual([]);
  expect(captureStackTrace().length).toBeGreaterThan(0);
});

test("an error keeps its trace", () => {
  const { stack } = untraced(() => {
    const error = new Error("broken");
    return { stack: error.stack };
  });
  expect(stack).toMatch(/^Error: broken\n {4}at /);
});
